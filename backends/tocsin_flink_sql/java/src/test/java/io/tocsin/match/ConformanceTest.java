package io.tocsin.match;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The cases of a file that the project's Python tests write, with the evaluator's answers. */
class ConformanceTest {
    @Test
    void agreesWithTheEvaluator() throws IOException, Refused {
        String file = System.getProperty("tocsin.conformance", "");
        assumeFalse(file.isEmpty(), "no file of cases was given");
        long[] counts = new long[3];
        List<String> differences = Check.differences(Path.of(file), counts);
        assertEquals(List.of(), differences.subList(0, Math.min(5, differences.size())));
        assertTrue(counts[0] > 0 && counts[2] > 0, "the file proves nothing");
    }
}
