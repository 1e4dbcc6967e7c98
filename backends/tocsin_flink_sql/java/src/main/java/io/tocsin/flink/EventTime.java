package io.tocsin.flink;

import io.tocsin.match.Reading;
import java.time.LocalDateTime;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.catalog.DataTypeFactory;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.functions.ScalarFunction;
import org.apache.flink.table.types.inference.TypeInference;

/**
 * The moment in UTC that the one text of a field names; NULL where it names none.
 *
 * <p>Units are those of a source, empty for ISO 8601.
 */
public class EventTime extends ScalarFunction {
    private static final long serialVersionUID = 1L;
    private static final TypeInference TYPES =
            Signature.of(
                    DataTypes.TIMESTAMP(3).bridgedTo(TimestampData.class),
                    Signature.takes(Signature.EVENT, Signature.WORD, Signature.TEXT),
                    Signature.takes(Signature.EVENT, Signature.WORD, Signature.TEXT, Signature.TEXT));

    public TimestampData eval(
            byte[] event,
            String unit,
            StringData name) {
        return eval(event, unit, name, null);
    }

    public TimestampData eval(
            byte[] event,
            String unit,
            StringData name,
            StringData path) {
        LocalDateTime time = Reading.here().time(event, unit, name, path);
        return time == null ? null : TimestampData.fromLocalDateTime(time);
    }

    @Override
    public TypeInference getTypeInference(DataTypeFactory types) {
        return TYPES;
    }
}
