package io.tocsin.flink;

import io.tocsin.match.Reading;
import org.apache.flink.table.catalog.DataTypeFactory;
import org.apache.flink.table.data.ArrayData;
import org.apache.flink.table.functions.ScalarFunction;
import org.apache.flink.table.types.inference.TypeInference;

/** The text forms of all scalars of an event, wherever they are. */
public class Scalars extends ScalarFunction {
    private static final long serialVersionUID = 1L;
    private static final TypeInference TYPES =
            Signature.of(
                    Signature.TEXTS,
                    Signature.takes(Signature.EVENT));

    public ArrayData eval(byte[] event) {
        return FieldOf.handed(Reading.here().scalars(event));
    }

    @Override
    public TypeInference getTypeInference(DataTypeFactory types) {
        return TYPES;
    }
}
