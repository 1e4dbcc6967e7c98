package io.tocsin.match;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class BudgetTest {
    private static final String POISON = Packs.part("poison", "[[\"regex\",\"a\",\"p\",\"\",[]]]", "0");
    private static final String GOOD = Packs.part("good", "[[\"text\",\"b\",[0,\"evil\",0]]]", "0");

    private final Random random = new Random(1);
    private long now;

    private Matcher matcher(String... parts) throws Exception {
        byte[] regexes = Packs.bytes("{\":p\":\"a(?s:.){900}(?s:.){900}b\"}");
        return new Matcher(Pack.read(Packs.of(parts), regexes, Packs.bytes("[[65,97]]")), () -> now);
    }

    /** An event that only the poison takes long on: each of its texts is another. */
    private byte[] event() {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < 5_000; i++) {
            text.append(random.nextBoolean() ? 'a' : 'c');
        }
        return Packs.bytes("{\"b\":\"evil\",\"a\":\"" + text + "\"}");
    }

    @Test
    void aHeavyDetectionIsIsolatedAndTheOthersGoOn() throws Exception {
        Matcher matcher = matcher(POISON, GOOD);
        for (int i = 0; i < 12; i++) {
            assertEquals(1, matcher.match(event()));
            assertEquals("good", matcher.id(0));
        }
        assertEquals(List.of("poison"), matcher.isolatedIds());
        assertEquals(Map.of("poison", Matcher.ISOLATED), matcher.failures());
        assertEquals(1, matcher.match(Packs.bytes("{\"b\":\"evil\"}")));
    }

    @Test
    void itGetsAShareOfTheTime() throws Exception {
        Matcher matcher = matcher(POISON, GOOD);
        for (int i = 0; i < 12; i++) {
            matcher.match(event());
        }
        now += 10_000_000_000L;
        matcher.match(event());
        assertTrue(!Matcher.ISOLATED.equals(matcher.failures().get("poison")));
    }

    @Test
    void aDetectionAloneIsNeverIsolated() throws Exception {
        Matcher matcher = matcher(POISON);
        for (int i = 0; i < 3; i++) {
            matcher.match(event());
        }
        assertEquals(List.of(), matcher.isolatedIds());
    }

    @Test
    void theEventOnWhichThatIsSeenIsStillEvaluated() {
        Budget budget = new Budget(2, () -> 0);
        budget.event(2_000_000);
        for (int i = 0; i < 3; i++) {
            budget.charge(1, 200_000_000);
        }
        assertFalse(budget.heavy(1));
        budget.event(600_000_000);
        assertTrue(budget.heavy(1));
    }

    @Test
    void oneLongEvaluationIsForgiven() {
        Budget budget = new Budget(2, () -> 0);
        for (int i = 0; i < 1000; i++) {
            budget.event(2_000_000);
            if (i % 200 == 1) {
                budget.charge(0, 10_000_000_000L);
            }
        }
        assertEquals(0, budget.isolated().length);
    }
}
