package io.tocsin.match;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Finds all of many literals in one pass over a text (Aho and Corasick), as a table of states by
 * classes of characters: those that are in no literal share one.
 */
final class Automaton implements Finder {
    private static final int ASCII = 128;

    private final char[] classes = new char[1 << 16];
    private final int width;

    /** Next states times width; negative where literals end. */
    private final int[] next;

    /** Literals that end at a state. */
    private final int[][] ends;

    /** Literals with other letters than ASCII: some list hundreds, each a column of the table. */
    private final Finder wide;

    private Automaton(Map<Character, Integer> letters, Fold fold, Trie trie, Finder wide) {
        this.width = letters.size() + 1;
        this.next = trie.next;
        this.ends = trie.ends.toArray(int[][]::new);
        this.wide = wide;
        char[] own = new char[ASCII];
        letters.forEach((letter, number) -> own[letter] = (char) (int) number);
        for (int c = 0; c < classes.length; c++) {
            char letter = fold.searched((char) c);
            classes[c] = letter < ASCII ? own[letter] : 0;
        }
    }

    /** Over folded texts, for literals in search form. */
    static Automaton of(List<String> literals, Fold fold) {
        Map<Character, Integer> letters = new HashMap<>();
        Map<Integer, String> others = new LinkedHashMap<>();
        for (int i = 0; i < literals.size(); i++) {
            if (OtherLetters.next(literals.get(i), 0) == literals.get(i).length()) {
                literals.get(i).chars().forEach(c -> letters.putIfAbsent((char) c, letters.size() + 1));
            } else {
                others.put(i, literals.get(i));
            }
        }
        Trie trie = new Trie(letters.size() + 1);
        for (int i = 0; i < literals.size(); i++) {
            if (!others.containsKey(i)) {
                trie.add(literals.get(i), i, letters);
            }
        }
        trie.close();
        return new Automaton(letters, fold, trie, others.isEmpty() ? null : new OtherLetters(others, fold));
    }

    @Override
    public void run(String text, Found found) {
        int[] table = next;
        char[] of = classes;
        int state = 0;
        for (int i = 0; i < text.length(); i++) {
            state = table[state + of[text.charAt(i)]];
            if (state < 0) {
                state = ~state;
                for (int literal : ends[state / width]) {
                    found.at(literal, i);
                }
            }
        }
        if (wide != null) {
            wide.run(text, found);
        }
    }

    @Override
    public void run(byte[] ascii, int length, Found found) {
        int[] table = next;
        char[] of = classes;
        int state = 0;
        for (int i = 0; i < length; i++) {
            state = table[state + of[ascii[i] & 0x7f]];
            if (state < 0) {
                state = ~state;
                for (int literal : ends[state / width]) {
                    found.at(literal, i);
                }
            }
        }
    }

    /** The automaton in the making. */
    private static final class Trie {
        private final int width;
        private int[] next;
        private final List<int[]> ends = new ArrayList<>();

        Trie(int width) {
            this.width = width;
            next = new int[width * 64];
            ends.add(Index.NONE);
        }

        void add(String literal, int number, Map<Character, Integer> letters) {
            int state = 0;
            for (char c : literal.toCharArray()) {
                int cell = state * width + letters.get(c);
                if (next[cell] == 0) {
                    next[cell] = ends.size();
                    ends.add(Index.NONE);
                    if (ends.size() * width > next.length) {
                        next = Arrays.copyOf(next, next.length * 2);
                    }
                }
                state = next[cell];
            }
            ends.set(state, joined(ends.get(state), new int[] {number}));
        }

        /** Fills in where to go on when a literal breaks off. */
        void close() {
            int[] back = new int[ends.size()];
            ArrayDeque<Integer> waiting = new ArrayDeque<>(List.of(0));
            while (!waiting.isEmpty()) {
                int state = waiting.remove();
                for (int letter = 1; letter < width; letter++) {
                    int other = state == 0 ? 0 : next[back[state] * width + letter];
                    int cell = state * width + letter;
                    int below = next[cell];
                    if (below == 0) {
                        next[cell] = other;
                    } else {
                        back[below] = other;
                        ends.set(below, joined(ends.get(below), ends.get(other)));
                        waiting.add(below);
                    }
                }
            }
            next = Arrays.copyOf(next, ends.size() * width);
            for (int i = 0; i < next.length; i++) {
                int to = next[i] * width;
                next[i] = ends.get(next[i]).length > 0 ? ~to : to;
            }
        }

        private static int[] joined(int[] one, int[] other) {
            if (one.length == 0 || other.length == 0) {
                return one.length == 0 ? other : one;
            }
            int[] made = Arrays.copyOf(one, one.length + other.length);
            System.arraycopy(other, 0, made, one.length, other.length);
            return made;
        }
    }
}
