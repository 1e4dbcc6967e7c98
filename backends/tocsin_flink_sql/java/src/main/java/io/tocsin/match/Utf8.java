package io.tocsin.match;

import java.nio.charset.StandardCharsets;

/** Texts out of bytes. */
final class Utf8 {
    private Utf8() {}

    /** Bytes of the character of several bytes at `i`; 0 if it is none. */
    static int width(byte[] b, int i, int end) {
        int lead = b[i] & 0xff;
        if (lead < 0xc2 || lead > 0xf4) {
            return 0;
        }
        int width = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
        if (i + width > end) {
            return 0;
        }
        for (int k = 1; k < width; k++) {
            if ((b[i + k] & 0xc0) != 0x80) {
                return 0;
            }
        }
        int second = b[i + 1] & 0xff;
        boolean overlong = lead == 0xe0 && second < 0xa0 || lead == 0xf0 && second < 0x90;
        boolean surrogate = lead == 0xed && second > 0x9f;
        boolean beyond = lead == 0xf4 && second > 0x8f;
        return overlong || surrogate || beyond ? 0 : width;
    }

    /** The text of valid bytes between quotes. */
    static String text(byte[] b, int from, int to, boolean escaped, boolean wide) {
        if (escaped) {
            return unescaped(b, from, to);
        }
        return new String(
                b, from, to - from, wide ? StandardCharsets.UTF_8 : StandardCharsets.ISO_8859_1);
    }

    /** Escapes resolved; also takes surrogates written as three bytes, which packs may have. */
    static String unescaped(byte[] b, int from, int to) {
        char[] made = new char[to - from];
        int n = 0;
        int i = from;
        while (i < to) {
            int next = b[i];
            if (next == '\\') {
                if (b[i + 1] == 'u') {
                    made[n++] = (char) hex(b, i + 2);
                    i += 6;
                } else {
                    made[n++] = plain(b[i + 1]);
                    i += 2;
                }
            } else if (next >= 0) {
                made[n++] = (char) next;
                i++;
            } else {
                int width = (next & 0xe0) == 0xc0 ? 2 : (next & 0xf0) == 0xe0 ? 3 : 4;
                int code = next & (0xff >> (width + 1));
                for (int k = 1; k < width; k++) {
                    code = code << 6 | b[i + k] & 0x3f;
                }
                n += Character.toChars(code, made, n);
                i += width;
            }
        }
        return new String(made, 0, n);
    }

    private static int hex(byte[] b, int at) {
        int value = 0;
        for (int i = at; i < at + 4; i++) {
            value = value << 4 | Character.digit(b[i], 16);
        }
        return value;
    }

    /** The character of a short escape. */
    static char plain(byte escape) {
        return switch (escape) {
            case 'b' -> '\b';
            case 'f' -> '\f';
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            default -> (char) escape;
        };
    }
}
