package io.tocsin.match;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class PackTest {
    private static final String LEAF = "[[\"text\",\"a\",[0,\"evil\",0]]]";

    private static String refusal(byte[] file) {
        return assertThrows(
                        Refused.class,
                        () -> Pack.read(file, Packs.bytes("{}"), Packs.bytes("[]")))
                .getMessage();
    }

    @Test
    void aWholePackMatches() throws Exception {
        Matcher matcher = Packs.matcher(LEAF, "0", "{}");
        byte[] event = Packs.bytes("{\"a\":\"so evil\",\"t\":\"2026-01-01T10:00:00+02:00\"}");
        assertEquals(1, matcher.match(event));
        assertEquals("d l", matcher.id(0) + " " + matcher.logic(0));
        assertEquals("2026-01-01T08:00:00.000Z", matcher.time(0));
        assertEquals(0, matcher.match(Packs.bytes("{\"a\":\"good\"}")));
    }

    @Test
    void aChangedByteIsSeen() throws Exception {
        byte[] file = Packs.one(LEAF, "0");
        file[file.length - 10] ^= 1;
        assertTrue(refusal(file).contains("digest"), refusal(file));
    }

    @Test
    void aCutPackIsSeen() throws Exception {
        byte[] file = Packs.one(LEAF, "0");
        assertTrue(refusal(Arrays.copyOf(file, file.length - 5)).contains("cut off"));
        assertTrue(refusal(new byte[0]).contains("not a pack"));
    }

    @Test
    void anotherFormIsRefused() throws Exception {
        String file = new String(Packs.one(LEAF, "0"), "UTF-8").replaceFirst("\"form\":2", "\"form\":3");
        assertTrue(refusal(Packs.bytes(file)).contains("form 3 of packs is not known"));
    }

    @Test
    void anUnknownLeafIsRefused() throws Exception {
        assertTrue(refusal(Packs.one("[[\"new\",\"a\",1]]", "0")).contains("unknown leaf new"));
        assertTrue(refusal(Packs.one(LEAF, "1")).contains("there is no leaf 1"));
        String noRegex = refusal(Packs.one("[[\"regex\",\"a\",\"x\",\"\",[]]]", "0"));
        assertTrue(noRegex.contains("expected a text"), noRegex);
    }
}
