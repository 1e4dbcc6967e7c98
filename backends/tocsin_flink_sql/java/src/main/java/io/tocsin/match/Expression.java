package io.tocsin.match;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A regular expression as the compiler writes it for Java (`tocsin.ir.re2java`): every expression
 * for one character is a class of code points, and there is a fixed way to write each edge.
 */
sealed interface Expression {
    /** One code point of these ranges, first and last alternating. */
    record Chars(int[] ranges) implements Expression {}

    /** A place between two characters. */
    record At(Edge edge) implements Expression {}

    /** One after the other. */
    record Sequence(List<Expression> parts) implements Expression {}

    /** One of them. */
    record Either(List<Expression> parts) implements Expression {}

    /** At least and at most so often; -1 is without end. */
    record Repeat(Expression part, int least, int most) implements Expression {}

    /** What the compiler writes for each edge. */
    enum Edge {
        TEXT_START("\\A"),
        TEXT_END("\\z"),
        LINE_START("(?:\\A|(?<=\\n))"),
        LINE_END("(?=\\n|\\z)"),
        WORD_EDGE("(?:(?<=[0-9A-Za-z_])(?![0-9A-Za-z_])|(?<![0-9A-Za-z_])(?=[0-9A-Za-z_]))");

        final String written;

        Edge(String written) {
            this.written = written;
        }
    }

    static Expression read(String pattern) throws Refused {
        Reader reader = new Reader(pattern);
        Expression whole = reader.either();
        if (reader.at < pattern.length()) {
            throw reader.wrong();
        }
        return whole;
    }

    /** Reads from left to right. */
    final class Reader {
        private static final int LAST = 0x10ffff;
        private static final int DEEPEST = 1_000;
        private static final int MOST_REPEATS = 1_000;
        private static final String ANY = "(?s:.)";
        private static final String NONE = "(?!)";
        private final String text;
        private int at;
        private int depth;

        Reader(String text) {
            this.text = text;
        }

        Refused wrong() {
            return new Refused("not a pattern of the compiler, at " + at + ": " + text);
        }

        private boolean takes(String expected) {
            boolean there = text.startsWith(expected, at);
            at += there ? expected.length() : 0;
            return there;
        }

        Expression either() throws Refused {
            List<Expression> parts = new ArrayList<>(List.of(sequence()));
            while (takes("|")) {
                parts.add(sequence());
            }
            return parts.size() == 1 ? parts.get(0) : new Either(parts);
        }

        private Expression sequence() throws Refused {
            List<Expression> parts = new ArrayList<>();
            while (at < text.length() && "|)".indexOf(text.charAt(at)) < 0) {
                parts.add(repeated(one()));
            }
            return parts.size() == 1 ? parts.get(0) : new Sequence(parts);
        }

        private Expression one() throws Refused {
            for (Edge edge : Edge.values()) {
                if (takes(edge.written)) {
                    return new At(edge);
                }
            }
            if (takes(ANY)) {
                return new Chars(new int[] {0, LAST});
            }
            if (takes(NONE)) {
                return new Chars(new int[0]);
            }
            if (takes("(?:")) {
                if (++depth > DEEPEST) {
                    throw wrong();
                }
                Expression inner = either();
                depth--;
                if (!takes(")")) {
                    throw wrong();
                }
                return inner;
            }
            if (takes("[")) {
                return new Chars(ranges());
            }
            int code = character();
            return new Chars(new int[] {code, code});
        }

        private int[] ranges() throws Refused {
            boolean others = takes("^");
            int[] found = {};
            while (!takes("]")) {
                int first = character();
                int last = takes("-") ? character() : first;
                if (last < first || found.length > 0 && first <= found[found.length - 1]) {
                    throw wrong(); // the compiler writes ranges in order
                }
                found = Arrays.copyOf(found, found.length + 2);
                found[found.length - 2] = first;
                found[found.length - 1] = last;
            }
            return others ? complement(found) : found;
        }

        private static int[] complement(int[] ranges) {
            int[] found = new int[ranges.length + 2];
            int n = 0;
            int next = 0;
            for (int i = 0; i < ranges.length; i += 2) {
                if (ranges[i] > next) {
                    found[n++] = next;
                    found[n++] = ranges[i] - 1;
                }
                next = ranges[i + 1] + 1;
            }
            if (next <= LAST) {
                found[n++] = next;
                found[n++] = LAST;
            }
            return Arrays.copyOf(found, n);
        }

        private int character() throws Refused {
            if (at >= text.length()) {
                throw wrong();
            }
            int code = text.codePointAt(at);
            at += Character.charCount(code);
            if (code != '\\') {
                boolean plain = Character.isLetterOrDigit(code) || code == ' ' || code == '_';
                if (!plain) {
                    throw wrong();
                }
                return code;
            }
            if (takes("x{")) {
                int value = number(16, LAST);
                if (!takes("}")) {
                    throw wrong();
                }
                return value;
            }
            if (at >= text.length()) {
                throw wrong();
            }
            int escaped = text.codePointAt(at);
            at += Character.charCount(escaped);
            return switch (escaped) {
                case 'n' -> '\n';
                case 't' -> '\t';
                case 'r' -> '\r';
                default -> escaped;
            };
        }

        private Expression repeated(Expression part) throws Refused {
            Expression made = part;
            for (int n = 0; at < text.length() && "*+?{".indexOf(text.charAt(at)) >= 0; n++) {
                if (n == DEEPEST) {
                    throw wrong();
                }
                int[] bounds = bounds();
                takes("?"); // as few as possible or as many: found is found
                made = new Repeat(made, bounds[0], bounds[1]);
            }
            return made;
        }

        private int[] bounds() throws Refused {
            switch (text.charAt(at++)) {
                case '*':
                    return new int[] {0, -1};
                case '+':
                    return new int[] {1, -1};
                case '?':
                    return new int[] {0, 1};
                default:
                    int least = number(10, MOST_REPEATS);
                    boolean open = takes(",");
                    boolean endless = open && text.startsWith("}", at);
                    int most = endless ? -1 : open ? number(10, MOST_REPEATS) : least;
                    if (!takes("}") || !endless && most < least) {
                        throw wrong();
                    }
                    return new int[] {least, most};
            }
        }

        private int number(int base, int most) throws Refused {
            int from = at;
            long value = 0;
            while (at < text.length() && Character.digit(text.charAt(at), base) >= 0 && value <= most) {
                value = value * base + Character.digit(text.charAt(at++), base);
            }
            if (at == from || value > most) {
                throw wrong();
            }
            return (int) value;
        }
    }
}
