package io.tocsin.flink;

import java.util.Arrays;
import java.util.LinkedHashMap;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.data.ArrayData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.types.DataType;
import org.apache.flink.table.types.inference.InputTypeStrategies;
import org.apache.flink.table.types.inference.InputTypeStrategy;
import org.apache.flink.table.types.inference.StateTypeStrategy;
import org.apache.flink.table.types.inference.TypeInference;
import org.apache.flink.table.types.inference.TypeStrategies;

/**
 * What a function takes and gives, told outright.
 *
 * <p>Flink can find that out from hints at the methods, but does so anew at every use of a function:
 * that was most of the time it took to plan a statement.
 */
final class Signature {
    static final DataType EVENT = DataTypes.BYTES();
    static final DataType WORD = DataTypes.STRING();
    static final DataType TEXT = DataTypes.STRING().bridgedTo(StringData.class);
    static final DataType TEXTS = DataTypes.ARRAY(DataTypes.STRING()).bridgedTo(ArrayData.class);
    static final DataType TRUTH = DataTypes.BOOLEAN().notNull().bridgedTo(boolean.class);

    private Signature() {}

    /** One list of arguments for each `eval` of the function. */
    static TypeInference of(DataType result, DataType[]... takes) {
        return told(result, takes).build();
    }

    /** The same for an aggregate, which keeps an accumulator. */
    static TypeInference keeping(DataType accumulator, DataType result, DataType... takes) {
        LinkedHashMap<String, StateTypeStrategy> state = new LinkedHashMap<>();
        state.put("held", StateTypeStrategy.of(TypeStrategies.explicit(accumulator)));
        return told(result, takes).stateTypeStrategies(state).build();
    }

    private static TypeInference.Builder told(DataType result, DataType[]... takes) {
        InputTypeStrategy[] each =
                Arrays.stream(takes)
                        .map(InputTypeStrategies::explicitSequence)
                        .toArray(InputTypeStrategy[]::new);
        return TypeInference.newBuilder()
                .inputTypeStrategy(each.length == 1 ? each[0] : InputTypeStrategies.or(each))
                .outputTypeStrategy(TypeStrategies.explicit(result));
    }

    static DataType[] takes(DataType... types) {
        return types;
    }
}
