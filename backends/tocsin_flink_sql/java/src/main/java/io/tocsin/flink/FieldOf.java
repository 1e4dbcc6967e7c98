package io.tocsin.flink;

import io.tocsin.match.Reading;
import io.tocsin.match.Texts;
import org.apache.flink.table.catalog.DataTypeFactory;
import org.apache.flink.table.data.ArrayData;
import org.apache.flink.table.data.GenericArrayData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.functions.ScalarFunction;
import org.apache.flink.table.types.inference.TypeInference;

/**
 * The text forms of a field of an event: NULL where it is missing, none of a map, one of a scalar,
 * those of an array's members. A second argument is the path of a field that is elsewhere, as JSON.
 */
public class FieldOf extends ScalarFunction {
    private static final long serialVersionUID = 1L;
    private static final TypeInference TYPES =
            Signature.of(
                    Signature.TEXTS,
                    Signature.takes(Signature.EVENT, Signature.TEXT),
                    Signature.takes(Signature.EVENT, Signature.TEXT, Signature.TEXT));

    public ArrayData eval(
            byte[] event, StringData name) {
        return eval(event, name, null);
    }

    public ArrayData eval(
            byte[] event,
            StringData name,
            StringData path) {
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

    @Override
    public TypeInference getTypeInference(DataTypeFactory types) {
        return TYPES;
    }
}
