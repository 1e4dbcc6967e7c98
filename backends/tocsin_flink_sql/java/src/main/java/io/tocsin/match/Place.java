package io.tocsin.match;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A path into events, and what the event at hand has there. */
final class Place {
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
    private final List<Place> below = new ArrayList<>();
    private Place[] table = new Place[1];

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

    Place(String key) {
        this.key = key.getBytes(StandardCharsets.UTF_8);
    }

    /** The place at a path below, made if need be. */
    Place at(List<String> path) {
        Place place = this;
        for (String part : path) {
            place = place.child(part);
        }
        place.wanted = true;
        return place;
    }

    private Place child(String part) {
        byte[] wantedKey = part.getBytes(StandardCharsets.UTF_8);
        for (Place place : below) {
            if (Arrays.equals(place.key, wantedKey)) {
                return place;
            }
        }
        Place made = new Place(part);
        below.add(made);
        index();
        return made;
    }

    private void index() {
        table = new Place[Math.max(4, Integer.highestOneBit(below.size()) * 8)];
        for (Place place : below) {
            int slot = slot(place.key, 0, place.key.length);
            while (table[slot] != null) {
                slot = slot + 1 & table.length - 1;
            }
            table[slot] = place;
        }
    }

    private int slot(byte[] b, int start, int end) {
        long hash = Cache.hash(b, start, end, 0);
        return (int) (hash ^ hash >>> 17) & table.length - 1;
    }

    boolean hasBelow() {
        return !below.isEmpty();
    }

    /** The place of this key below, or null. */
    Place find(byte[] b, int start, int end) {
        int slot = slot(b, start, end);
        while (table[slot] != null) {
            byte[] own = table[slot].key;
            if (Arrays.equals(own, 0, own.length, b, start, end)) {
                return table[slot];
            }
            slot = slot + 1 & table.length - 1;
        }
        return null;
    }

    /** The key came again: nothing of what it had before counts. */
    void forget() {
        kind = Kind.NOTHING;
        for (Place place : below) {
            if (place.seen != 0) {
                place.seen = 0;
                place.forget();
            }
        }
    }

    /** All places of the tree, this one first. */
    List<Place> all() {
        List<Place> found = new ArrayList<>(List.of(this));
        for (Place place : below) {
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
