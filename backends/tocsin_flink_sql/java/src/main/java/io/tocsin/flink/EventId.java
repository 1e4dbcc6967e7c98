package io.tocsin.flink;

import io.tocsin.match.Reading;
import org.apache.flink.table.catalog.DataTypeFactory;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.functions.ScalarFunction;
import org.apache.flink.table.types.inference.TypeInference;

/** What identifies an event by these fields, a JSON list: a name each, or a name and a path. */
public class EventId extends ScalarFunction {
    private static final long serialVersionUID = 1L;
    private static final TypeInference TYPES =
            Signature.of(
                    Signature.WORD,
                    Signature.takes(Signature.EVENT, Signature.TEXT));

    public String eval(
            byte[] event,
            StringData fields) {
        return Reading.here().id(event, fields);
    }

    @Override
    public TypeInference getTypeInference(DataTypeFactory types) {
        return TYPES;
    }
}
