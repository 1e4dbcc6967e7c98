package io.tocsin.flink;

import io.tocsin.match.Reading;
import org.apache.flink.table.annotation.DataTypeHint;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.functions.ScalarFunction;

/** What identifies an event by these fields, a JSON list: a name each, or a name and a path. */
public class EventId extends ScalarFunction {
    private static final long serialVersionUID = 1L;

    public String eval(
            byte[] event,
            @DataTypeHint(value = "STRING", bridgedTo = StringData.class) StringData fields) {
        return Reading.here().id(event, fields);
    }
}
