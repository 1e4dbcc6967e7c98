package io.tocsin.match;

import java.nio.charset.StandardCharsets;

/** Makes values of places: decoded, folded, and with the detections that may match for them. */
final class ValueMaker {
    private static final int LONGEST_PLAIN = 1 << 14;

    private final Fold fold;
    private final byte[] plain = new byte[LONGEST_PLAIN];
    private final byte[] lower = new byte[LONGEST_PLAIN];

    ValueMaker(Fold fold) {
        this.fold = fold;
    }

    /** The value of a token, from the place's cache if it was there before. */
    Value of(ValuePlace place, Cursor cursor, boolean quoted, int from, int to) {
        Value known = place.cache.get(cursor.bytes, from, to, quoted ? 1 : 0);
        if (known == null) {
            known = made(place, cursor, quoted, from, to);
            place.cache.put(cursor.bytes, from, to, known);
        }
        return known;
    }

    /** The value of a token that the cursor has just passed; without its quotes. */
    Value made(ValuePlace place, Cursor cursor, boolean quoted, int from, int to) {
        if (quoted && !cursor.wide && to - from <= LONGEST_PLAIN) {
            int length = plain(cursor, from, to);
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
    private int plain(Cursor cursor, int from, int to) {
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

    private Value plainValue(ValuePlace place, int length) {
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

    Value made(ValuePlace place, String text) {
        Value value = new Value(text, fold.fold(text));
        if (place.index != null) {
            value.candidates = place.index.candidates(value, null);
        }
        return value;
    }
}
