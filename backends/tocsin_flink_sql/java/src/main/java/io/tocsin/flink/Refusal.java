package io.tocsin.flink;

import io.tocsin.match.Reading;
import org.apache.flink.table.functions.ScalarFunction;

/** Why bytes are no event; NULL where they are one. */
public class Refusal extends ScalarFunction {
    private static final long serialVersionUID = 1L;

    public String eval(byte[] event) {
        return Reading.here().refused(event);
    }
}
