package io.tocsin.match;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * The event at hand, read once from its bytes.
 *
 * <p>Places with an index are read at once, and give the detections that may match; all others are
 * read when a condition asks for them.
 */
final class Event {
    static final int DEEPEST = 100;
    static final int LONGEST = 16 * 1024 * 1024;

    private final Cursor cursor = new Cursor();
    private final Fold fold;
    private final Place root;

    /** Stands for every scalar of an event. */
    private final Place anywhere;

    private static final int LONGEST_PLAIN = 1 << 14;
    private final byte[] plain = new byte[LONGEST_PLAIN];
    private final byte[] lower = new byte[LONGEST_PLAIN];
    private byte[] document;

    /** Number of this event; 0 is none. */
    int turn;

    /** Lists of detections that may match; some detections are in several. */
    int[][] suggested = new int[16][];

    int suggestions;

    Event(Fold fold, Place root, Place anywhere) {
        this.fold = fold;
        this.root = root;
        this.anywhere = anywhere;
    }

    void read(byte[] bytes) throws Refused {
        if (bytes == null || bytes.length == 0) {
            throw new Refused("empty");
        }
        if (bytes.length > LONGEST) {
            throw new Refused("larger than " + LONGEST + " bytes");
        }
        turn++;
        suggestions = 0;
        document = bytes;
        cursor.over(bytes);
        int first = cursor.peek();
        if (first != '{') {
            value(null, 0);
        } else {
            cursor.at++;
            object(root, 1);
        }
        if (cursor.peek() != 0 || cursor.at < cursor.end) {
            throw cursor.wrong("more after the end");
        }
        if (first != '{') {
            throw new Refused("not a JSON object");
        }
        if (anywhere.index != null) {
            readAnywhere();
        }
    }

    private void object(Place place, int depth) throws Refused {
        if (depth > DEEPEST) {
            throw new Refused("nested deeper than " + DEEPEST + " levels");
        }
        if (cursor.peek() == '}') {
            cursor.at++;
            return;
        }
        while (true) {
            cursor.take('"');
            int from = cursor.at;
            int to = cursor.text();
            Place child = place == null ? null : child(place, from, to);
            cursor.take(':');
            if (child != null) {
                if (child.seen == turn) {
                    child.forget();
                }
                child.seen = turn;
            }
            value(child, depth);
            if (cursor.peek() != ',') {
                cursor.take('}');
                return;
            }
            cursor.at++;
        }
    }

    private Place child(Place place, int from, int to) {
        if (!cursor.escaped) {
            return place.find(cursor.bytes, from, to);
        }
        byte[] key =
                Utf8.unescaped(cursor.bytes, from, to)
                        .getBytes(StandardCharsets.UTF_8);
        return place.find(key, 0, key.length);
    }

    private void value(Place place, int depth) throws Refused {
        int next = cursor.peek();
        if (place != null && place.wanted) {
            if (place.index != null) {
                eager(place, next, depth);
                return;
            }
            place.kind = Place.Kind.UNREAD;
            place.from = cursor.at;
        }
        skip(place, next, depth);
    }

    /** Passes a value by; below a place there may be others that are wanted. */
    private void skip(Place place, int next, int depth) throws Refused {
        switch (next) {
            case '"':
                cursor.at++;
                cursor.text();
                break;
            case '{':
                cursor.at++;
                object(place != null && place.hasBelow() ? place : null, depth + 1);
                break;
            case '[':
                cursor.at++;
                list(null, depth + 1);
                break;
            default:
                word(next);
        }
    }

    private void word(int next) throws Refused {
        switch (next) {
            case 't':
                cursor.word("true");
                break;
            case 'f':
                cursor.word("false");
                break;
            case 'n':
                cursor.word("null");
                break;
            default:
                number();
        }
    }

    private void number() throws Refused {
        if (cursor.at >= cursor.end) {
            throw cursor.wrong("");
        }
        int from = cursor.at;
        cursor.number();
        // Only an exponent or some hundred digits can lead beyond the doubles.
        if (cursor.integer ? cursor.at - from > 300 : cursor.at - from > 4) {
            String number = Utf8.text(cursor.bytes, from, cursor.at, false, false);
            if (Double.isInfinite(Double.parseDouble(number))) {
                throw cursor.wrong("a number beyond doubles");
            }
        }
    }

    /** Reads the value of a place, and what it suggests. */
    private void eager(Place place, int next, int depth) throws Refused {
        place.count = 0;
        switch (next) {
            case '{':
                place.kind = Place.Kind.MANY;
                cursor.at++;
                object(place.hasBelow() ? place : null, depth + 1);
                break;
            case '[':
                cursor.at++;
                boolean some = list(place, depth + 1);
                place.kind = some ? Place.Kind.MANY : Place.Kind.NOTHING;
                break;
            case 'n':
                cursor.word("null");
                place.kind = Place.Kind.NOTHING;
                break;
            default:
                place.one = scalar(place, next);
                place.kind = Place.Kind.ONE;
        }
        if (place.kind != Place.Kind.NOTHING && place.index != null) {
            suggest(place.index.present);
        }
    }

    /** Members of an array; whether there is one that is not null. */
    private boolean list(Place place, int depth) throws Refused {
        if (depth > DEEPEST) {
            throw new Refused("nested deeper than " + DEEPEST + " levels");
        }
        boolean some = false;
        if (cursor.peek() == ']') {
            cursor.at++;
            return false;
        }
        while (true) {
            int next = cursor.peek();
            if (place == null || next == '{' || next == '[' || next == 'n') {
                skip(null, next, depth);
            } else {
                place.add(scalar(place, next));
            }
            some |= next != 'n';
            if (cursor.peek() != ',') {
                cursor.take(']');
                return some;
            }
            cursor.at++;
        }
    }

    /** The value of a text, number or boolean. */
    private Value scalar(Place place, int next) throws Refused {
        boolean quoted = next == '"';
        cursor.at += quoted ? 1 : 0;
        int from = cursor.at;
        if (quoted) {
            cursor.text();
        } else {
            word(next);
        }
        int to = quoted ? cursor.at - 1 : cursor.at;
        int kind = quoted ? 1 : 0;
        Value known = place.cache.get(cursor.bytes, from, to, kind);
        if (known == null) {
            known = made(place, quoted, from, to);
            place.cache.put(cursor.bytes, from, to, known);
        }
        suggest(known.candidates);
        return known;
    }

    private Value made(Place place, boolean quoted, int from, int to) {
        if (quoted && !cursor.wide && to - from <= LONGEST_PLAIN) {
            int length = plain(from, to);
            if (length >= 0) {
                return plainValue(place, length);
            }
        }
        if (quoted) {
            return made(place, Utf8.text(cursor.bytes, from, to, cursor.escaped, cursor.wide));
        }
        String text = Utf8.text(cursor.bytes, from, to, false, false);
        boolean word = Character.isLetter(text.charAt(0));
        return made(place, word ? text : Numbers.canonical(text, cursor.integer));
    }

    /** Resolves the escapes of an ASCII text; its length, -1 if it has other characters. */
    private int plain(int from, int to) {
        byte[] b = cursor.bytes;
        if (!cursor.escaped) {
            System.arraycopy(b, from, plain, 0, to - from);
            return to - from;
        }
        int n = 0;
        for (int i = from; i < to; i++) {
            byte next = b[i];
            if (next == '\\') {
                i++;
                if (b[i] == 'u') {
                    return -1;
                }
                next = (byte) Utf8.plain(b[i]);
            }
            plain[n++] = next;
        }
        return n;
    }

    private Value plainValue(Place place, int length) {
        boolean same = true;
        for (int i = 0; i < length; i++) {
            byte low = (byte) fold.of((char) plain[i]);
            same &= low == plain[i];
            lower[i] = low;
        }
        String text = new String(plain, 0, length, StandardCharsets.ISO_8859_1);
        String folded =
                same ? text : new String(lower, 0, length, StandardCharsets.ISO_8859_1);
        Value value = new Value(text, folded);
        if (place.index != null) {
            value.candidates = place.index.candidates(value, lower);
        }
        return value;
    }

    private Value made(Place place, String text) {
        Value value = new Value(text, fold.fold(text));
        if (place.index != null) {
            value.candidates = place.index.candidates(value, null);
        }
        return value;
    }

    void suggest(int[] detections) {
        if (detections.length != 0) {
            if (suggestions == suggested.length) {
                suggested = Arrays.copyOf(suggested, suggestions * 2);
            }
            suggested[suggestions++] = detections;
        }
    }

    /** Whether the event has this place, be it null. */
    boolean has(Place place) {
        return place.seen == turn;
    }

    /** The place, its values read. */
    Place valued(Place place) {
        if (place == anywhere) {
            if (place.seen != turn) {
                readAnywhere();
            }
        } else if (place.seen != turn) {
            place.kind = Place.Kind.NOTHING;
        } else if (place.kind == Place.Kind.UNREAD) {
            readNow(place);
        }
        return place;
    }

    private void readNow(Place place) {
        cursor.at = place.from;
        int next = cursor.peek();
        if (next == '{') {
            // What lies below was read when the map was passed by.
            place.kind = Place.Kind.MANY;
            place.count = 0;
            return;
        }
        try {
            eager(place, next, 0);
        } catch (Refused never) {
            throw new IllegalStateException("read twice, refused once", never);
        }
    }

    /** By a tree: only there are keys that come twice resolved. */
    private void readAnywhere() {
        anywhere.seen = turn;
        anywhere.count = 0;
        anywhere.kind = Place.Kind.MANY;
        List<Object> left = new ArrayList<>();
        try {
            left.add(Json.parse(document, DEEPEST));
        } catch (Refused never) {
            throw new IllegalStateException("read twice, refused once", never);
        }
        while (!left.isEmpty()) {
            Object value = left.remove(left.size() - 1);
            if (value instanceof Map<?, ?> map) {
                left.addAll(map.values());
            } else if (value instanceof List<?> list) {
                left.addAll(list);
            } else if (value != null) {
                Value made = made(anywhere, textOf(value));
                suggest(made.candidates);
                anywhere.add(made);
            }
        }
        if (anywhere.index != null && anywhere.count > 0) {
            suggest(anywhere.index.present);
        }
    }

    private static String textOf(Object scalar) {
        if (scalar instanceof Double number) {
            return Numbers.text(number);
        }
        if (scalar instanceof BigInteger number) {
            return Numbers.canonical(number.toString(), true);
        }
        return scalar.toString();
    }
}
