package io.tocsin.match;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

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
    private final ValueMaker values;
    private final ValuePlace root;

    /** Stands for every scalar of an event. */
    private final ValuePlace anywhere;

    private final Keywords keywords;

    /** Whether every scalar is taken down while an event is read. */
    private boolean collecting;

    private byte[] document;

    /** Number of this event; 0 is none. */
    int sequence;

    /** Lists of detections that may match; some detections are in several. */
    int[][] suggested = new int[16][];

    int suggestions;

    Event(Fold fold, ValuePlace root, ValuePlace anywhere) {
        values = new ValueMaker(fold);
        keywords = new Keywords(anywhere, values);
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
        sequence++;
        suggestions = 0;
        document = bytes;
        cursor.over(bytes);
        collecting = anywhere.index != null;
        keywords.begin();
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
        if (collecting) {
            collecting = false;
            keywords.end(this, document);
        }
    }

    private void object(ValuePlace place, int depth) throws Refused {
        if (depth > DEEPEST) {
            throw new Refused("nested deeper than " + DEEPEST + " levels");
        }
        if (cursor.peek() == '}') {
            cursor.at++;
            return;
        }
        int first = keywords.keys();
        while (true) {
            cursor.take('"');
            int from = cursor.at;
            int to = cursor.text();
            ValuePlace child = place == null ? null : child(place, from, to);
            if (collecting) {
                keywords.key(cursor, from, to, first);
            }
            cursor.take(':');
            if (child != null) {
                if (child.seen == sequence) {
                    child.forget();
                }
                child.seen = sequence;
            }
            value(child, depth);
            if (cursor.peek() != ',') {
                cursor.take('}');
                keywords.forget(first);
                return;
            }
            cursor.at++;
        }
    }

    private ValuePlace child(ValuePlace place, int from, int to) {
        if (!cursor.escaped) {
            return place.find(cursor.bytes, from, to);
        }
        String text = Utf8.unescaped(cursor.bytes, from, to);
        byte[] key = text.getBytes(StandardCharsets.UTF_8);
        return place.find(key, 0, key.length);
    }

    private void value(ValuePlace place, int depth) throws Refused {
        int next = cursor.peek();
        if (place != null && place.wanted) {
            if (place.index != null) {
                eager(place, next, depth);
                return;
            }
            place.unread(cursor.at);
        }
        skip(place, next, depth);
    }

    /** Passes a value by; below a place there may be others that are wanted. */
    private void skip(ValuePlace place, int next, int depth) throws Refused {
        switch (next) {
            case '"':
                cursor.at++;
                int from = cursor.at;
                cursor.text();
                collect(true, from);
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
                int start = cursor.at;
                word(next);
                if (next != 'n') {
                    collect(false, start);
                }
        }
    }

    private void collect(boolean quoted, int from) {
        if (collecting) {
            suggest(keywords.add(cursor, quoted, from, quoted ? cursor.at - 1 : cursor.at));
        }
    }

    private void word(int next) throws Refused {
        switch (next) {
            case 't' -> cursor.word("true");
            case 'f' -> cursor.word("false");
            case 'n' -> cursor.word("null");
            default -> number();
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
    private void eager(ValuePlace place, int next, int depth) throws Refused {
        place.count = 0;
        switch (next) {
            case '{':
                place.kind = ValuePlace.Kind.MANY;
                cursor.at++;
                object(place.hasBelow() ? place : null, depth + 1);
                break;
            case '[':
                cursor.at++;
                boolean some = list(place, depth + 1);
                place.kind = some ? ValuePlace.Kind.MANY : ValuePlace.Kind.NOTHING;
                break;
            case 'n':
                cursor.word("null");
                place.kind = ValuePlace.Kind.NOTHING;
                break;
            default:
                place.one = scalar(place, next);
                place.kind = ValuePlace.Kind.ONE;
        }
        if (place.kind != ValuePlace.Kind.NOTHING && place.index != null) {
            suggest(place.index.present);
        }
    }

    /** Members of an array; whether there is one that is not null. */
    private boolean list(ValuePlace place, int depth) throws Refused {
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
    private Value scalar(ValuePlace place, int next) throws Refused {
        boolean quoted = next == '"';
        cursor.at += quoted ? 1 : 0;
        int from = cursor.at;
        if (quoted) {
            cursor.text();
        } else {
            word(next);
        }
        collect(quoted, from);
        Value known = values.of(place, cursor, quoted, from, quoted ? cursor.at - 1 : cursor.at);
        suggest(known.candidates);
        return known;
    }

    void suggest(int[] detections) {
        if (detections.length != 0) {
            if (suggestions == suggested.length) {
                suggested = Arrays.copyOf(suggested, suggestions * 2);
            }
            suggested[suggestions++] = detections;
        }
    }

    byte[] document() {
        return document;
    }

    /** Whether the event has this place, be it null. */
    boolean has(ValuePlace place) {
        return place.seen == sequence;
    }

    /** The place, its values read. */
    ValuePlace valued(ValuePlace place) {
        if (place == anywhere) {
            if (place.seen != sequence) {
                keywords.read(this, document);
            }
        } else if (place.seen != sequence) {
            place.kind = ValuePlace.Kind.NOTHING;
        } else if (place.kind == ValuePlace.Kind.UNREAD) {
            readNow(place);
        }
        return place;
    }

    private void readNow(ValuePlace place) {
        cursor.at = place.from;
        int next = cursor.peek();
        if (next == '{') {
            // What lies below was read when the map was passed by.
            place.kind = ValuePlace.Kind.MANY;
            place.count = 0;
            return;
        }
        try {
            eager(place, next, 0);
        } catch (Refused never) {
            throw new IllegalStateException("read twice, refused once", never);
        }
    }
}
