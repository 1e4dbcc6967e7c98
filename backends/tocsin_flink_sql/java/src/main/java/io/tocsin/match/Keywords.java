package io.tocsin.match;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** Every scalar of an event, wherever it is; keys are none. */
final class Keywords {
    private final ValuePlace place;
    private final ValueMaker values;
    private long[] keys = new long[64];
    private int known;

    /** A key may have come twice in one map: then only a tree tells which value counts. */
    private boolean doubled;

    Keywords(ValuePlace place, ValueMaker values) {
        this.place = place;
        this.values = values;
    }

    void begin() {
        place.count = 0;
        known = 0;
        doubled = false;
    }

    /** Number of keys in open maps. */
    int keys() {
        return known;
    }

    /** A map is closed that began after so many keys. */
    void forget(int first) {
        known = first;
    }

    void key(Cursor cursor, int from, int to, int first) {
        long hash = Cache.hash(cursor.bytes, from, to, 0);
        doubled |= cursor.escaped;
        for (int i = first; i < known; i++) {
            doubled |= keys[i] == hash;
        }
        if (known == keys.length) {
            keys = Arrays.copyOf(keys, known * 2);
        }
        keys[known++] = hash;
    }

    /** Takes a scalar down; what it suggests. */
    int[] add(Cursor cursor, boolean quoted, int from, int to) {
        Value value = values.of(place, cursor, quoted, from, to);
        place.add(value);
        return value.candidates;
    }

    /** The event was read to its end. */
    void end(Event event, byte[] document) {
        if (doubled) {
            read(event, document);
            return;
        }
        place.seen = event.sequence;
        place.kind = ValuePlace.Kind.MANY;
        event.suggest(place.count > 0 ? place.index.present : Index.NONE);
    }

    /** Reads all scalars by a tree, where keys that come twice are resolved. */
    void read(Event event, byte[] document) {
        place.seen = event.sequence;
        place.kind = ValuePlace.Kind.MANY;
        place.count = 0;
        List<Object> left = new ArrayList<>();
        try {
            left.add(Json.parse(document, Event.DEEPEST));
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
                Value made = values.made(place, textOf(value));
                event.suggest(made.candidates);
                place.add(made);
            }
        }
        if (place.index != null && place.count > 0) {
            event.suggest(place.index.present);
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
