package io.tocsin.match;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * A place in the bytes of a JSON document and the tokens found from there.
 *
 * <p>As strict as orjson: UTF-8 without surrogates, no control characters in texts, numbers of the
 * grammar only and none beyond a double.
 */
final class Cursor {
    static final VarHandle LONGS =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long ONES = 0x0101010101010101L;
    private static final long HIGHS = 0x8080808080808080L;
    private static final long QUOTES = '"' * ONES;
    private static final long SLASHES = '\\' * ONES;
    private static final long BLANKS = ' ' * ONES;

    byte[] bytes;
    int at;
    int end;

    /** Of the last text: whether it has escapes, and bytes that are not ASCII. */
    boolean escaped;

    boolean wide;

    /** Of the last number: whether it has neither fraction nor exponent. */
    boolean integer;

    /** Takes halves of surrogate pairs written as three bytes, as packs may have. */
    boolean lenient;

    void over(byte[] document) {
        bytes = document;
        at = 0;
        end = document.length;
    }

    /** The next byte that is no blank, not taken; 0 at the end. */
    int peek() {
        while (at < end) {
            byte next = bytes[at];
            if (next > ' ' || (next != ' ' && next != '\n' && next != '\r' && next != '\t')) {
                return next;
            }
            at++;
        }
        return 0;
    }

    void take(int expected) throws Refused {
        if (peek() != expected || at >= end) {
            throw wrong("expected '" + (char) expected + "'");
        }
        at++;
    }

    Refused wrong(String what) {
        return new Refused("not JSON: " + (at >= end ? "unexpected end" : what) + " at byte " + at);
    }

    /** Skips a text whose opening quote was taken; its end, before the closing quote. */
    int text() throws Refused {
        escaped = false;
        wide = false;
        byte[] b = bytes;
        int i = at;
        int last = end - 8;
        while (true) {
            while (i <= last) {
                long word = (long) LONGS.get(b, i);
                long quote = word ^ QUOTES;
                long slash = word ^ SLASHES;
                long stop =
                        ((quote - ONES) & ~quote
                                        | (slash - ONES) & ~slash
                                        | (word - BLANKS) & ~word
                                        | word)
                                & HIGHS;
                if (stop != 0) {
                    i += Long.numberOfTrailingZeros(stop) >>> 3;
                    break;
                }
                i += 8;
            }
            if (i >= end) {
                at = end;
                throw wrong("");
            }
            int next = b[i];
            if (next == '"') {
                at = i + 1;
                return i;
            }
            i = special(next, i);
        }
    }

    /** Steps over one byte, escape or character of several bytes. */
    private int special(int next, int i) throws Refused {
        if (next >= ' ' && next != '\\') {
            return i + 1;
        }
        at = i;
        if (next == '\\') {
            escaped = true;
            return escape(i + 1);
        }
        if (next >= 0) {
            throw wrong("control character in a text");
        }
        wide = true;
        int width = Utf8.width(bytes, i, end);
        if (width == 0 && lenient && (next & 0xf0) == 0xe0) {
            escaped = true; // Java's own decoder would not take it
            return i + 3;
        }
        if (width == 0) {
            throw new Refused("not JSON: not UTF-8 at byte " + i);
        }
        return i + width;
    }

    private int escape(int i) throws Refused {
        at = i;
        if (i >= end) {
            throw wrong("");
        }
        if (bytes[i] != 'u') {
            if ("\"\\/bfnrt".indexOf(bytes[i]) < 0) {
                throw wrong("unknown escape");
            }
            return i + 1;
        }
        int unit = hex(i + 1);
        if (!Character.isSurrogate((char) unit)) {
            return i + 5;
        }
        boolean low = i + 6 < end && bytes[i + 5] == '\\' && bytes[i + 6] == 'u';
        if (!Character.isHighSurrogate((char) unit)
                || !low
                || !Character.isLowSurrogate((char) hex(i + 7))) {
            throw wrong("half a surrogate pair");
        }
        return i + 11;
    }

    private int hex(int from) throws Refused {
        int value = 0;
        for (int i = from; i < from + 4; i++) {
            int digit = i < end ? Character.digit((char) (bytes[i] & 0xff), 16) : -1;
            if (digit < 0 || bytes[i] < 0) {
                at = i;
                throw wrong("not a hexadecimal digit");
            }
            value = value << 4 | digit;
        }
        return value;
    }

    /** Skips a number, the cursor being at its first byte. */
    void number() throws Refused {
        integer = true;
        if (bytes[at] == '-') {
            at++;
        }
        int first = at;
        digits();
        if (at - first > 1 && bytes[first] == '0') {
            throw wrong("a number with a leading zero");
        }
        if (at < end && bytes[at] == '.') {
            integer = false;
            at++;
            digits();
        }
        if (at < end && (bytes[at] == 'e' || bytes[at] == 'E')) {
            integer = false;
            at++;
            if (at < end && (bytes[at] == '+' || bytes[at] == '-')) {
                at++;
            }
            digits();
        }
    }

    private void digits() throws Refused {
        int first = at;
        while (at < end && bytes[at] >= '0' && bytes[at] <= '9') {
            at++;
        }
        if (at == first) {
            throw wrong("expected a digit");
        }
    }

    /** Skips `true`, `false` or `null`, the cursor being at its first byte. */
    void word(String expected) throws Refused {
        for (int i = 0; i < expected.length(); i++, at++) {
            if (at >= end || bytes[at] != expected.charAt(i)) {
                throw wrong("unexpected character");
            }
        }
    }
}
