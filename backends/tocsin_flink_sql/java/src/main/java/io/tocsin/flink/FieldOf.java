package io.tocsin.flink;

import io.tocsin.match.Reading;
import io.tocsin.match.Texts;
import org.apache.flink.table.annotation.DataTypeHint;
import org.apache.flink.table.data.ArrayData;
import org.apache.flink.table.data.GenericArrayData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.functions.ScalarFunction;

/**
 * The text forms of a field of an event: NULL where it is missing, none of a map, one of a scalar,
 * those of an array's members. A second argument is the path of a field that is elsewhere, as JSON.
 */
public class FieldOf extends ScalarFunction {
    private static final long serialVersionUID = 1L;

    @DataTypeHint(value = "ARRAY<STRING>", bridgedTo = ArrayData.class)
    public ArrayData eval(
            byte[] event, @DataTypeHint(value = "STRING", bridgedTo = StringData.class) StringData name) {
        return eval(event, name, null);
    }

    @DataTypeHint(value = "ARRAY<STRING>", bridgedTo = ArrayData.class)
    public ArrayData eval(
            byte[] event,
            @DataTypeHint(value = "STRING", bridgedTo = StringData.class) StringData name,
            @DataTypeHint(value = "STRING", bridgedTo = StringData.class) StringData path) {
        return handed(Reading.here().field(event, name, path));
    }

    static ArrayData handed(Texts texts) {
        if (texts == null) {
            return null;
        }
        if (texts.handed() == null) {
            Object[] made = new Object[texts.count()];
            for (int i = 0; i < made.length; i++) {
                made[i] = StringData.fromString(texts.get(i));
            }
            texts.hand(new GenericArrayData(made));
        }
        return (ArrayData) texts.handed();
    }
}
