package io.tocsin.match;

import java.math.BigInteger;

/** A number compared with one of a rule: two integers exactly, all else as doubles. */
record Comparison(String op, Number number) implements Test {
    @Override
    public boolean passes(Value value) {
        Number own = Numbers.parse(value.text);
        if (own == null) {
            return false;
        }
        int order;
        if (!(own instanceof Double) && number instanceof BigInteger other) {
            order = whole(own).compareTo(other);
        } else {
            double one = own.doubleValue();
            double other = number.doubleValue();
            order = one < other ? -1 : one > other ? 1 : 0;
        }
        return switch (op) {
            case "gt" -> order > 0;
            case "gte" -> order >= 0;
            case "lt" -> order < 0;
            default -> order <= 0;
        };
    }

    private static BigInteger whole(Number own) {
        return own instanceof BigInteger large ? large : BigInteger.valueOf(own.longValue());
    }

    @Override
    public boolean expensive() {
        return true;
    }
}
