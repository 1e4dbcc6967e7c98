package io.tocsin.flink;

import io.tocsin.match.Reading;
import org.apache.flink.table.catalog.DataTypeFactory;
import org.apache.flink.table.data.ArrayData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.functions.ScalarFunction;
import org.apache.flink.table.types.inference.TypeInference;

/** Whether one of a field's texts passes a test; never NULL. */
public class Passes extends ScalarFunction {
    private static final long serialVersionUID = 1L;
    private static final TypeInference TYPES =
            Signature.of(
                    Signature.TRUTH,
                    Signature.takes(Signature.TEXTS, Signature.TEXT, Signature.TEXT));

    public boolean eval(
            ArrayData texts,
            StringData kind,
            StringData value) {
        return texts != null && Reading.here().passes(texts, kind, value, Passes::read);
    }

    static String[] read(Object texts) {
        ArrayData data = (ArrayData) texts;
        String[] made = new String[data.size()];
        for (int i = 0; i < made.length; i++) {
            made[i] = data.getString(i).toString();
        }
        return made;
    }

    @Override
    public TypeInference getTypeInference(DataTypeFactory types) {
        return TYPES;
    }
}
