package io.tocsin.match;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Finds literals by their first characters, without an automaton: slower, but made in no time. For
 * texts that are looked at once, to learn from them.
 */
final class Prefixes implements Finder {
    private static final int LONGEST = 4;
    private final List<Map<Long, List<Integer>>> byLength = new ArrayList<>();
    private final List<String> literals;
    private final Fold fold;

    /** For literals numbered in order. */
    Prefixes(List<String> literals, Fold fold) {
        this.literals = literals;
        this.fold = fold;
        for (int i = 0; i <= LONGEST; i++) {
            byLength.add(new HashMap<>());
        }
        for (int i = 0; i < literals.size(); i++) {
            int length = Math.min(LONGEST, literals.get(i).length());
            byLength.get(length)
                    .computeIfAbsent(key(literals.get(i), 0, length), k -> new ArrayList<>())
                    .add(i);
        }
    }

    private static long key(String text, int from, int length) {
        long key = 0;
        for (int i = from; i < from + length; i++) {
            key = key << 16 | text.charAt(i);
        }
        return key;
    }

    @Override
    public void run(String folded, Found found) {
        String text = fold.search(folded);
        for (int length = 1; length <= LONGEST; length++) {
            Map<Long, List<Integer>> starts = byLength.get(length);
            for (int i = 0; !starts.isEmpty() && i + length <= text.length(); i++) {
                for (int literal : starts.getOrDefault(key(text, i, length), List.of())) {
                    if (text.startsWith(literals.get(literal), i)) {
                        found.at(literal, i + literals.get(literal).length() - 1);
                    }
                }
            }
        }
    }

    @Override
    public void run(byte[] ascii, int length, Found found) {
        run(new String(ascii, 0, length, StandardCharsets.ISO_8859_1), found);
    }
}
