package io.tocsin.flink;

import org.apache.flink.table.annotation.DataTypeHint;
import org.apache.flink.table.data.ArrayData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.functions.ScalarFunction;

/** The one text of a field; NULL where it has none or several. */
public class Only extends ScalarFunction {
    private static final long serialVersionUID = 1L;

    @DataTypeHint(value = "STRING", bridgedTo = StringData.class)
    public StringData eval(
            @DataTypeHint(value = "ARRAY<STRING>", bridgedTo = ArrayData.class) ArrayData texts) {
        return texts != null && texts.size() == 1 ? texts.getString(0) : null;
    }
}
