package io.tocsin.match;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A JSON document as maps, lists, texts, numbers and booleans.
 *
 * <p>Integers are {@link BigInteger}, all other numbers {@link Double}. Of equal keys the last wins.
 */
final class Json {
    private static final int DEEPEST = 300;
    private static final int MOST_DIGITS = 300;

    private final Cursor cursor = new Cursor();
    private final int deepest;

    private Json(byte[] document, int deepest) {
        cursor.over(document);
        this.deepest = deepest;
    }

    /** The value of a whole document, nested at most so deep. */
    static Object parse(byte[] document, int deepest) throws Refused {
        return whole(new Json(document, deepest));
    }

    /** The same of a document that we wrote ourselves, which may have halves of pairs. */
    static Object parseOwn(byte[] document) throws Refused {
        Json json = new Json(document, DEEPEST);
        json.cursor.lenient = true;
        return whole(json);
    }

    private static Object whole(Json json) throws Refused {
        Object value = json.value(0);
        if (json.cursor.peek() != 0 || json.cursor.at < json.cursor.end) {
            throw json.cursor.wrong("more after the end");
        }
        return value;
    }

    private Object value(int depth) throws Refused {
        if (depth > deepest) {
            throw new Refused("nested deeper than " + deepest + " levels");
        }
        int next = cursor.peek();
        switch (next) {
            case '{':
                cursor.at++;
                return map(depth + 1);
            case '[':
                cursor.at++;
                return list(depth + 1);
            case '"':
                cursor.at++;
                return text();
            case 't':
                cursor.word("true");
                return Boolean.TRUE;
            case 'f':
                cursor.word("false");
                return Boolean.FALSE;
            case 'n':
                cursor.word("null");
                return null;
            default:
                return number();
        }
    }

    private Map<String, Object> map(int depth) throws Refused {
        Map<String, Object> made = new LinkedHashMap<>();
        if (cursor.peek() == '}') {
            cursor.at++;
            return made;
        }
        while (true) {
            cursor.take('"');
            String key = text();
            cursor.take(':');
            made.put(key, value(depth));
            if (cursor.peek() != ',') {
                cursor.take('}');
                return made;
            }
            cursor.at++;
        }
    }

    private List<Object> list(int depth) throws Refused {
        List<Object> made = new ArrayList<>();
        if (cursor.peek() == ']') {
            cursor.at++;
            return made;
        }
        while (true) {
            made.add(value(depth));
            if (cursor.peek() != ',') {
                cursor.take(']');
                return made;
            }
            cursor.at++;
        }
    }

    private String text() throws Refused {
        int from = cursor.at;
        int to = cursor.text();
        return Utf8.text(cursor.bytes, from, to, cursor.escaped, cursor.wide);
    }

    private Number number() throws Refused {
        if (cursor.at >= cursor.end) {
            throw cursor.wrong("");
        }
        int from = cursor.at;
        cursor.number();
        String text = Utf8.text(cursor.bytes, from, cursor.at, false, false);
        // More digits are beyond doubles, and take long to read.
        if (cursor.integer && text.length() <= MOST_DIGITS) {
            return new BigInteger(text);
        }
        double value = Double.parseDouble(text);
        if (Double.isInfinite(value)) {
            throw cursor.wrong("a number beyond doubles");
        }
        return value;
    }
}
