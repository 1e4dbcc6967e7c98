package io.tocsin.flink;

import io.tocsin.match.Reading;
import org.apache.flink.table.annotation.DataTypeHint;
import org.apache.flink.table.data.ArrayData;
import org.apache.flink.table.functions.ScalarFunction;

/** Whether one of a field's texts compares so with one of another's; never NULL. */
public class Related extends ScalarFunction {
    private static final long serialVersionUID = 1L;
    private static final String CASED = "|cased";

    @DataTypeHint("BOOLEAN NOT NULL")
    public boolean eval(
            @DataTypeHint(value = "ARRAY<STRING>", bridgedTo = ArrayData.class) ArrayData texts,
            String how,
            @DataTypeHint(value = "ARRAY<STRING>", bridgedTo = ArrayData.class) ArrayData others) {
        if (texts == null || others == null) {
            return false;
        }
        boolean cased = how.endsWith(CASED);
        String plain = cased ? how.substring(0, how.length() - CASED.length()) : how;
        return Reading.here().related(texts, others, plain, cased, Passes::read);
    }
}
