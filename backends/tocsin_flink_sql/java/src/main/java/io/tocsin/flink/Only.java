package io.tocsin.flink;

import org.apache.flink.table.catalog.DataTypeFactory;
import org.apache.flink.table.data.ArrayData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.functions.ScalarFunction;
import org.apache.flink.table.types.inference.TypeInference;

/** The one text of a field; NULL where it has none or several. */
public class Only extends ScalarFunction {
    private static final long serialVersionUID = 1L;
    private static final TypeInference TYPES =
            Signature.of(
                    Signature.TEXT,
                    Signature.takes(Signature.TEXTS));

    public StringData eval(
            ArrayData texts) {
        return texts != null && texts.size() == 1 ? texts.getString(0) : null;
    }

    @Override
    public TypeInference getTypeInference(DataTypeFactory types) {
        return TYPES;
    }
}
