package io.tocsin.match;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import org.junit.jupiter.api.Test;

class NewestTest {
    private static Newest none() {
        return new Newest(new long[0], new String[0], new String[0]);
    }

    @Test
    void eventsOfOneTimeAreInOrderOfCodePoints() {
        Newest newest = none();
        newest.add(2, "b", "B");
        newest.add(2, "\uD83D\uDE00", "emoji");
        newest.add(2, "\uFF5E", "tilde");
        newest.add(1, "z", "Z");
        assertArrayEquals(new String[] {"z", "b", "\uFF5E", "\uD83D\uDE00"}, newest.ids());
        assertArrayEquals(new String[] {"Z", "B", "tilde", "emoji"}, newest.texts());
        assertArrayEquals(new long[] {1, 2, 2, 2}, newest.times());
    }

    @Test
    void theNewestAreKept() {
        Newest newest = none();
        for (int i = 0; i < 250; i++) {
            newest.add(i, "e" + i, "text " + i);
        }
        assertEquals(100, newest.ids().length);
        assertEquals("e150", newest.ids()[0]);
        assertNull(newest.texts()[79]);
        assertEquals("text 230", newest.texts()[80]);
        newest.remove(149, "e149");
        assertEquals(100, newest.ids().length);
        newest.remove(150, "e150");
        assertEquals("e151", newest.ids()[0]);
    }

    @Test
    void oneThatIsTooLargeHidesThoseBefore() {
        Newest newest = none();
        newest.add(1, "a", "small");
        newest.add(2, "b", "x".repeat(200_000));
        newest.add(3, "c", "y".repeat(100_000));
        assertNull(newest.texts()[0]);
        assertNull(newest.texts()[1]);
        assertNotNull(newest.texts()[2]);
    }

    @Test
    void ofTwoWithOneIdOneIsRemoved() {
        Newest newest = none();
        newest.add(1, "a", "1");
        newest.add(1, "a", "2");
        newest.remove(1, "a");
        assertArrayEquals(new String[] {"a"}, newest.ids());
    }
}
