package io.tocsin.flink;

import io.tocsin.match.Reading;
import org.apache.flink.table.catalog.DataTypeFactory;
import org.apache.flink.table.data.ArrayData;
import org.apache.flink.table.functions.ScalarFunction;
import org.apache.flink.table.types.inference.TypeInference;

/** Whether one of a field's texts compares so with one of another's; never NULL. */
public class Related extends ScalarFunction {
    private static final long serialVersionUID = 1L;
    private static final TypeInference TYPES =
            Signature.of(
                    Signature.TRUTH,
                    Signature.takes(Signature.TEXTS, Signature.WORD, Signature.TEXTS));
    private static final String CASED = "|cased";

    public boolean eval(
            ArrayData texts,
            String how,
            ArrayData others) {
        if (texts == null || others == null) {
            return false;
        }
        boolean cased = how.endsWith(CASED);
        String plain = cased ? how.substring(0, how.length() - CASED.length()) : how;
        return Reading.here().related(texts, others, plain, cased, Passes::read);
    }

    @Override
    public TypeInference getTypeInference(DataTypeFactory types) {
        return TYPES;
    }
}
