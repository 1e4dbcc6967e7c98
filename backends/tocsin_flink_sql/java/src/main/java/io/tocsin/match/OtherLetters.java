package io.tocsin.match;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Finds literals that have letters beyond ASCII, each by the first of these: few texts have any, so
 * there is next to nothing to look up.
 */
final class OtherLetters implements Finder {
    private static final int ASCII = 128;

    /** A literal, its number, and where its first letter beyond ASCII stands. */
    private record Literal(int number, String text, int place) {}

    private final Map<Character, List<Literal>> byLetter = new HashMap<>();
    private final Fold fold;

    /** For literals in search form by their numbers. */
    OtherLetters(Map<Integer, String> literals, Fold fold) {
        this.fold = fold;
        literals.forEach(
                (number, text) -> {
                    int place = next(text, 0);
                    byLetter.computeIfAbsent(text.charAt(place), c -> new ArrayList<>())
                            .add(new Literal(number, text, place));
                });
    }

    /** Where the next letter beyond ASCII stands, or the end. */
    static int next(String text, int from) {
        int at = from;
        while (at < text.length() && text.charAt(at) < ASCII) {
            at++;
        }
        return at;
    }

    @Override
    public void run(String folded, Found found) {
        int at = next(folded, 0);
        if (at == folded.length()) {
            return;
        }
        String text = fold.search(folded);
        for (at = next(text, at); at < text.length(); at = next(text, at + 1)) {
            for (Literal literal : byLetter.getOrDefault(text.charAt(at), List.of())) {
                int from = at - literal.place;
                if (text.startsWith(literal.text, from)) {
                    found.at(literal.number, from + literal.text.length() - 1);
                }
            }
        }
    }

    @Override
    public void run(byte[] ascii, int length, Found found) {
        // Nothing to find.
    }
}
