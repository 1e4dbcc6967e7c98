package io.tocsin.match;

import java.util.Arrays;

/**
 * Values of one place by the bytes that they are written as, so that a value seen before is neither
 * decoded nor tested again. Bounded: a value whose bucket is taken replaces what was there.
 */
final class Cache {
    private static final int FIRST = 64;
    private static final int MOST = 1 << 13;
    private static final int LONGEST = 2048;
    private static final int TRIAL = 4096;

    private long[] hashes = new long[FIRST];
    private byte[][] keys = new byte[FIRST][];
    private Value[] values = new Value[FIRST];
    private int used;
    private int asked;
    private int found;
    private boolean storing = true;

    private long hash;

    /** The value written so, or null; then {@link #put} may follow. */
    Value get(byte[] b, int from, int to, int kind) {
        if (!storing) {
            return null;
        }
        if (++asked == TRIAL) {
            judge();
        }
        hash = hash(b, from, to, kind);
        int bucket = (int) hash & hashes.length - 1;
        byte[] key = keys[bucket];
        if (hashes[bucket] == hash && key != null && Arrays.equals(key, 0, key.length, b, from, to)) {
            found++;
            return values[bucket];
        }
        return null;
    }

    /** Keeps the value that was just asked for in vain. */
    void put(byte[] b, int from, int to, Value value) {
        if (!storing || to - from > LONGEST) {
            return;
        }
        if (used > hashes.length / 2 && hashes.length < MOST) {
            grow();
        }
        int bucket = (int) hash & hashes.length - 1;
        used += keys[bucket] == null ? 1 : 0;
        hashes[bucket] = hash;
        keys[bucket] = Arrays.copyOfRange(b, from, to);
        values[bucket] = value;
    }

    void clear() {
        hashes = new long[FIRST];
        keys = new byte[FIRST][];
        values = new Value[FIRST];
        used = 0;
    }

    /** Gives up keeping values where next to none comes back: identities, times. */
    private void judge() {
        storing = found * 50 > asked;
        asked = 0;
        found = 0;
        if (!storing) {
            clear();
        }
    }

    private void grow() {
        long[] oldHashes = hashes;
        byte[][] oldKeys = keys;
        Value[] oldValues = values;
        int size = oldHashes.length * 4;
        hashes = new long[size];
        keys = new byte[size][];
        values = new Value[size];
        used = 0;
        for (int i = 0; i < oldHashes.length; i++) {
            if (oldKeys[i] != null) {
                int bucket = (int) oldHashes[i] & size - 1;
                used += keys[bucket] == null ? 1 : 0;
                hashes[bucket] = oldHashes[i];
                keys[bucket] = oldKeys[i];
                values[bucket] = oldValues[i];
            }
        }
    }

    /** Also tells texts from numbers: `5.0` is another value as a text. */
    static long hash(byte[] b, int from, int to, int kind) {
        long hash = (to - from) * 0x9e3779b97f4a7c15L ^ kind;
        int i = from;
        for (; i <= to - 8; i += 8) {
            hash = (hash ^ (long) Cursor.LONGS.get(b, i)) * 0xff51afd7ed558ccdL;
            hash ^= hash >>> 32;
        }
        long rest = 0;
        for (; i < to; i++) {
            rest = rest << 8 | b[i];
        }
        hash = (hash ^ rest) * 0xc4ceb9fe1a85ec53L;
        return hash ^ hash >>> 29;
    }
}
