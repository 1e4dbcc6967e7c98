package io.tocsin.match;

import java.util.ArrayList;
import java.util.List;

/** A pattern of literals, `*` and `?`, on the whole text. */
final class Glob implements Test {
    /** A run between two `*`: literals as code points, -1 for any one. */
    private final List<int[]> runs = new ArrayList<>();

    private final boolean cased;
    private final String plain;
    private final boolean openStart;
    private final boolean openEnd;

    /** Parts: texts, or numbers: 0 for any run of characters, 1 for exactly one. */
    Glob(List<?> pattern, boolean cased) {
        this.cased = cased;
        StringBuilder literal = new StringBuilder();
        List<Integer> run = new ArrayList<>();
        boolean simple = true;
        for (int i = 0; i < pattern.size(); i++) {
            if (pattern.get(i) instanceof String text) {
                literal.append(text);
                text.codePoints().forEach(run::add);
            } else if (isMany(pattern.get(i))) {
                runs.add(run.stream().mapToInt(c -> c).toArray());
                run.clear();
                simple &= i == 0 || i == pattern.size() - 1;
            } else {
                run.add(-1);
                simple = false;
            }
        }
        runs.add(run.stream().mapToInt(c -> c).toArray());
        openStart = !pattern.isEmpty() && isMany(pattern.get(0));
        openEnd = !pattern.isEmpty() && isMany(pattern.get(pattern.size() - 1));
        plain = simple && isText(literal) ? literal.toString() : null;
    }

    private static boolean isMany(Object part) {
        return part instanceof Number number && number.intValue() == 0;
    }

    /** No half of a pair, which Java would find within a whole one. */
    private static boolean isText(CharSequence literal) {
        return literal.codePoints().noneMatch(c -> c >= 0xd800 && c <= 0xdfff);
    }

    @Override
    public boolean passes(Value value) {
        String text = cased ? value.text : value.folded;
        if (plain == null) {
            return general(text.codePoints().toArray());
        }
        if (openStart) {
            return openEnd ? text.contains(plain) : text.endsWith(plain);
        }
        return openEnd ? text.startsWith(plain) : text.equals(plain);
    }

    private boolean general(int[] text) {
        int[] first = runs.get(0);
        if (runs.size() == 1) {
            return first.length == text.length && at(first, text, 0);
        }
        int[] last = runs.get(runs.size() - 1);
        int start = first.length;
        int end = text.length - last.length;
        if (start > end || !at(first, text, 0) || !at(last, text, end)) {
            return false;
        }
        for (int[] run : runs.subList(1, runs.size() - 1)) {
            while (start + run.length <= end && !at(run, text, start)) {
                start++;
            }
            if (start + run.length > end) {
                return false;
            }
            start += run.length;
        }
        return true;
    }

    private static boolean at(int[] run, int[] text, int place) {
        for (int i = 0; i < run.length; i++) {
            if (run[i] >= 0 && run[i] != text[place + i]) {
                return false;
            }
        }
        return true;
    }
}
