package io.tocsin.match;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Measures the matcher alone, on one thread: events a second of processor time,
 * parsing included.
 *
 * <p>Arguments: a pack, its regular expressions, the letters, events as JSON lines. Rounds with the
 * pack and with an empty one alternate; each starts anew, with nothing learned or cached. After
 * `mvn test-compile`: `java -cp target/classes:target/test-classes io.tocsin.match.Bench …`.
 */
final class Bench {
    private static final int ROUNDS = 5;

    private Bench() {}

    public static void main(String[] arguments) throws IOException, Refused {
        byte[] pack = Files.readAllBytes(Path.of(arguments[0]));
        byte[] regexes = Files.readAllBytes(Path.of(arguments[1]));
        byte[] letters = Files.readAllBytes(Path.of(arguments[2]));
        List<byte[]> events = new ArrayList<>();
        long bytes = 0;
        for (String line : Files.readAllLines(Path.of(arguments[3]))) {
            events.add(line.getBytes(StandardCharsets.UTF_8));
            bytes += events.get(events.size() - 1).length;
        }
        System.out.printf("%d events of %d bytes%n", events.size(), bytes / events.size());
        for (int round = 0; round < ROUNDS; round++) {
            round(Pack.empty("empty"), regexes, letters, events);
            round(pack, regexes, letters, events);
        }
    }

    /** Processor time of this thread, which other work on the machine disturbs less. */
    private static long now() {
        return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    }

    private static void round(byte[] file, byte[] regexes, byte[] letters, List<byte[]> events)
            throws Refused {
        long start = now();
        Matcher matcher = new Matcher(Pack.read(file, regexes, letters));
        double load = (now() - start) / 1e9;
        start = now();
        long matches = 0;
        for (byte[] event : events.subList(0, Matcher.SAMPLE)) {
            matches += matcher.match(event);
        }
        double learned = (now() - start) / 1e9;
        long before = matcher.evaluated();
        start = now();
        for (byte[] event : events.subList(Matcher.SAMPLE, events.size())) {
            matches += matcher.match(event);
        }
        double seconds = (now() - start) / 1e9;
        int rest = events.size() - Matcher.SAMPLE;
        System.out.printf(
                "%5d detections: loaded in %.2f s, learned in %.2f s, %,9.0f events/s,"
                        + " %.2f evaluated an event, %d matches%n",
                matcher.size(),
                load,
                learned,
                rest / seconds,
                (double) (matcher.evaluated() - before) / rest,
                matches);
    }
}
