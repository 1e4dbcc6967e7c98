package io.tocsin.flink;

import io.tocsin.match.Reading;
import org.apache.flink.table.annotation.DataTypeHint;
import org.apache.flink.table.data.ArrayData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.functions.ScalarFunction;

/** Whether one of a field's texts passes a test; never NULL. */
public class Passes extends ScalarFunction {
    private static final long serialVersionUID = 1L;

    @DataTypeHint("BOOLEAN NOT NULL")
    public boolean eval(
            @DataTypeHint(value = "ARRAY<STRING>", bridgedTo = ArrayData.class) ArrayData texts,
            @DataTypeHint(value = "STRING", bridgedTo = StringData.class) StringData kind,
            @DataTypeHint(value = "STRING", bridgedTo = StringData.class) StringData value) {
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
}
