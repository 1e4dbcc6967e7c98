package io.tocsin.flink;

import io.tocsin.match.Reading;
import org.apache.flink.table.annotation.DataTypeHint;
import org.apache.flink.table.data.ArrayData;
import org.apache.flink.table.functions.ScalarFunction;

/** The text forms of all scalars of an event, wherever they are. */
public class Scalars extends ScalarFunction {
    private static final long serialVersionUID = 1L;

    @DataTypeHint(value = "ARRAY<STRING>", bridgedTo = ArrayData.class)
    public ArrayData eval(byte[] event) {
        return FieldOf.handed(Reading.here().scalars(event));
    }
}
