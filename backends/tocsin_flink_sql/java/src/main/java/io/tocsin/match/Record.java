package io.tocsin.match;

import java.util.List;
import java.util.Map;

/** Typed access to JSON data that must have a certain form. */
record Record(Map<?, ?> data) {
    static Record of(Object data) throws Refused {
        if (data instanceof Map<?, ?> map) {
            return new Record(map);
        }
        throw new Refused("expected a map");
    }

    String text(String key) throws Refused {
        return text(data.get(key));
    }

    List<?> list(String key) throws Refused {
        return list(data.get(key));
    }

    int number(String key) throws Refused {
        return number(data.get(key));
    }

    static String text(Object value) throws Refused {
        if (value instanceof String text) {
            return text;
        }
        throw new Refused("expected a text, got " + value);
    }

    static List<?> list(Object value) throws Refused {
        if (value instanceof List<?> list) {
            return list;
        }
        throw new Refused("expected a list, got " + value);
    }

    static int number(Object value) throws Refused {
        if (value instanceof java.math.BigInteger number && number.bitLength() < 32) {
            return number.intValue();
        }
        throw new Refused("expected a small integer, got " + value);
    }

    static boolean truth(Object value) throws Refused {
        if (value instanceof Boolean truth) {
            return truth;
        }
        throw new Refused("expected true or false, got " + value);
    }
}
