package io.tocsin.flink;

import io.tocsin.match.Reading;
import java.time.LocalDateTime;
import org.apache.flink.table.annotation.DataTypeHint;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.functions.ScalarFunction;

/**
 * The moment in UTC that the one text of a field names; NULL where it names none.
 *
 * <p>Units are those of a source, empty for ISO 8601.
 */
public class EventTime extends ScalarFunction {
    private static final long serialVersionUID = 1L;

    @DataTypeHint(value = "TIMESTAMP(3)", bridgedTo = TimestampData.class)
    public TimestampData eval(
            byte[] event,
            String unit,
            @DataTypeHint(value = "STRING", bridgedTo = StringData.class) StringData name) {
        return eval(event, unit, name, null);
    }

    @DataTypeHint(value = "TIMESTAMP(3)", bridgedTo = TimestampData.class)
    public TimestampData eval(
            byte[] event,
            String unit,
            @DataTypeHint(value = "STRING", bridgedTo = StringData.class) StringData name,
            @DataTypeHint(value = "STRING", bridgedTo = StringData.class) StringData path) {
        LocalDateTime time = Reading.here().time(event, unit, name, path);
        return time == null ? null : TimestampData.fromLocalDateTime(time);
    }
}
