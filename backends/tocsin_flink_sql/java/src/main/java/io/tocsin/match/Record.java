package io.tocsin.match;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

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

    /** All keys, and no others, are there. */
    void keys(Set<String> expected) throws Refused {
        if (!data.keySet().equals(expected)) {
            throw new Refused("expected the keys " + expected + ", got " + data.keySet());
        }
    }

    /** A list of texts. */
    static List<String> texts(Object value) throws Refused {
        List<String> made = new ArrayList<>();
        for (Object each : list(value)) {
            made.add(text(each));
        }
        return made;
    }

    /** One of these texts. */
    static String oneOf(Set<String> known, Object value) throws Refused {
        if (!known.contains(text(value))) {
            throw new Refused("expected one of " + known + ", got " + value);
        }
        return text(value);
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
