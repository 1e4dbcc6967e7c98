package io.tocsin.match;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A path into events, and what the event at hand has there. */
final class ValuePlace {
    enum Kind {
        /** Null, or an array without members that are not null. */
        NOTHING,
        /** A scalar. */
        ONE,
        /** An array, or a map, which has no texts. */
        MANY,
        /** Not looked at yet; it begins at `from`. */
        UNREAD
    }

    private final byte[] key;
    private final List<ValuePlace> below = new ArrayList<>();
    private ValuePlace[] table = new ValuePlace[1];

    /** Whether a field may be here, not only below. */
    boolean wanted;

    /** What values here may mean to detections; null where nobody asks before an event is read. */
    Index index;

    final Cache cache = new Cache();

    /** The number of the last event that has the place. */
    int seen;

    Kind kind = Kind.NOTHING;
    Value one;
    Value[] many = {};
    int count;
    int from;

    ValuePlace(String key) {
        this.key = key.getBytes(StandardCharsets.UTF_8);
    }

    /** The place at a path below, made if need be. */
    ValuePlace at(List<String> path) {
        ValuePlace place = this;
        for (String part : path) {
            place = place.child(part);
        }
        place.wanted = true;
        return place;
    }

    private ValuePlace child(String part) {
        byte[] wantedKey = part.getBytes(StandardCharsets.UTF_8);
        for (ValuePlace place : below) {
            if (Arrays.equals(place.key, wantedKey)) {
                return place;
            }
        }
        ValuePlace made = new ValuePlace(part);
        below.add(made);
        index();
        return made;
    }

    private void index() {
        table = new ValuePlace[Math.max(4, Integer.highestOneBit(below.size()) * 8)];
        for (ValuePlace place : below) {
            int bucket = bucket(place.key, 0, place.key.length);
            while (table[bucket] != null) {
                bucket = bucket + 1 & table.length - 1;
            }
            table[bucket] = place;
        }
    }

    private int bucket(byte[] b, int start, int end) {
        long hash = Cache.hash(b, start, end, 0);
        return (int) (hash ^ hash >>> 17) & table.length - 1;
    }

    boolean hasBelow() {
        return !below.isEmpty();
    }

    /** The place of this key below, or null. */
    ValuePlace find(byte[] b, int start, int end) {
        int bucket = bucket(b, start, end);
        while (table[bucket] != null) {
            byte[] own = table[bucket].key;
            if (Arrays.equals(own, 0, own.length, b, start, end)) {
                return table[bucket];
            }
            bucket = bucket + 1 & table.length - 1;
        }
        return null;
    }

    /** The key came again: nothing of what it had before counts. */
    void forget() {
        kind = Kind.NOTHING;
        for (ValuePlace place : below) {
            if (place.seen != 0) {
                place.seen = 0;
                place.forget();
            }
        }
    }

    /** All places of the tree, this one first. */
    List<ValuePlace> all() {
        List<ValuePlace> found = new ArrayList<>(List.of(this));
        for (ValuePlace place : below) {
            found.addAll(place.all());
        }
        return found;
    }

    /** The one text here; null where there is none or several. */
    String only() {
        if (kind == Kind.ONE) {
            return one.text;
        }
        return kind == Kind.MANY && count == 1 ? many[0].text : null;
    }

    /** The event has something here, which begins at a byte. */
    void unread(int at) {
        kind = Kind.UNREAD;
        from = at;
    }

    void add(Value value) {
        if (count == many.length) {
            many = Arrays.copyOf(many, count * 2 + 4);
        }
        many[count++] = value;
    }
}
