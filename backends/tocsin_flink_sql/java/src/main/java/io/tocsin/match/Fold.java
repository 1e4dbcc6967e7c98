package io.tocsin.match;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Lower case by code point, as the compiler's evaluator has it: Java's own tables are older.
 *
 * <p>The search form of a text is folded, with `ſ` as `s`; guards are looked for in it.
 */
final class Fold {
    private final char[] basic = new char[1 << 16];
    private final Map<Integer, Integer> beyond = new HashMap<>();

    /** From pairs of code points. */
    Fold(List<?> pairs) throws Refused {
        for (int i = 0; i < basic.length; i++) {
            basic[i] = (char) i;
        }
        for (Object pair : pairs) {
            if (!(pair instanceof List<?> two) || two.size() != 2) {
                throw new Refused("the table of letters is not one of pairs");
            }
            int from = Record.number(two.get(0));
            int to = Record.number(two.get(1));
            if (!Character.isValidCodePoint(from) || !Character.isValidCodePoint(to)) {
                throw new Refused("the table of letters has what is no letter");
            }
            if (from < basic.length && to < basic.length) {
                basic[from] = (char) to;
            } else {
                beyond.put(from, to);
            }
        }
    }

    /** The folded form of a character that is not half of a pair. */
    char of(char unit) {
        return basic[unit];
    }

    /** The search form of such a character. */
    char searched(char unit) {
        return unit == 'ſ' ? 's' : basic[unit];
    }

    String fold(String text) {
        int length = text.length();
        int i = 0;
        while (i < length && same(text.charAt(i))) {
            i++;
        }
        return i == length ? text : folded(text);
    }

    private boolean same(char unit) {
        return basic[unit] == unit && !Character.isSurrogate(unit);
    }

    private String folded(String text) {
        char[] made = text.toCharArray();
        boolean pairs = false;
        for (int i = 0; i < made.length; i++) {
            pairs |= Character.isHighSurrogate(made[i]);
            made[i] = basic[made[i]];
        }
        return pairs ? withPairs(text) : new String(made);
    }

    private String withPairs(String text) {
        StringBuilder made = new StringBuilder(text.length());
        text.codePoints()
                .map(c -> c < basic.length ? beyond.getOrDefault(c, (int) basic[c])
                        : beyond.getOrDefault(c, c))
                .forEach(made::appendCodePoint);
        return made.toString();
    }

    String search(String text) {
        return fold(text).replace('ſ', 's');
    }
}
