package io.tocsin.match;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SearchTest {
    private static boolean found(String pattern, String text) throws Exception {
        return new Search(new Program(Expression.read(pattern)), Search.MOST_WORK).passes(new Value(text, text));
    }

    @Test
    void nothingGoesBack() {
        String text = "a".repeat(50_000);
        for (String slow : new String[] {"(?:a*)*b", "(?:a|a)*b", "(?s:.)*(?s:.)*b\\z", "(?:a?){500}b"}) {
            Duration limit = Duration.ofSeconds(10);
            assertEquals(false, assertTimeoutPreemptively(limit, () -> found(slow, text)), slow);
        }
    }

    @Test
    void edges() throws Exception {
        String line = "(?:\\A|(?<=\\n))";
        assertEquals(true, found(line + "b(?=\\n|\\z)", "a\nb\nc"));
        assertEquals(false, found("\\Ab", "a\nb"));
        assertEquals(false, found("a\\z", "a\n"));
        assertEquals(true, found("\\A\\z", ""));
        assertEquals(true, found("[^a]\\z", "\uD83D\uDE00"));
        assertEquals(false, found("(?!)", "x"));
    }

    @Test
    void whatIsNotOursIsRefused() {
        for (String odd : new String[] {"(", "a)", "[a", "(?=b)", ".", "\\"}) {
            assertThrows(Exception.class, () -> Expression.read(odd), odd);
        }
    }

    @Test
    void aDetectionThatTakesTooLongFailsAlone() throws Exception {
        String leaves = "[[\"regex\",\"a\",\"p\",\"\",[]]]";
        // So many ways at each character that no two sets of them are equal.
        Matcher matcher = Packs.matcher(leaves, "0", "{\":p\":\"a(?s:.){900}(?s:.){900}b\"}");
        StringBuilder text = new StringBuilder();
        java.util.Random random = new java.util.Random(1);
        for (int i = 0; i < 200_000; i++) {
            text.append(random.nextBoolean() ? 'a' : 'c');
        }
        assertEquals(0, matcher.match(Packs.bytes("{\"a\":\"" + text + "\"}")));
        assertEquals(Map.of("d", "a regular expression took too long on one text"), matcher.failures());
        assertEquals(0, matcher.match(Packs.bytes("{\"a\":\"c\"}")));
        assertEquals(Map.of(), matcher.failures());
    }
}
