package io.tocsin.flink;

import io.tocsin.match.Reading;
import org.apache.flink.table.catalog.DataTypeFactory;
import org.apache.flink.table.functions.ScalarFunction;
import org.apache.flink.table.types.inference.TypeInference;

/** Why bytes are no event; NULL where they are one. */
public class Refusal extends ScalarFunction {
    private static final long serialVersionUID = 1L;
    private static final TypeInference TYPES =
            Signature.of(
                    Signature.WORD,
                    Signature.takes(Signature.EVENT));

    public String eval(byte[] event) {
        return Reading.here().refused(event);
    }

    @Override
    public TypeInference getTypeInference(DataTypeFactory types) {
        return TYPES;
    }
}
