package io.tocsin.match;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * Compares the matcher with what the evaluator says.
 *
 * <p>Each line of a file is a JSON object: `pack`, `regexes`, `letters` and the list `events`, all in
 * Base64, and `expected`, for each event the ids of detections, or null if it must be refused.
 */
final class Check {
    private Check() {}

    /** Differences in words; `counts` gets the numbers of detections, events and matches. */
    static List<String> differences(Path file, long[] counts) throws IOException, Refused {
        List<String> found = new ArrayList<>();
        try (BufferedReader lines = Files.newBufferedReader(file)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                group(Record.of(Json.parse(line.getBytes(StandardCharsets.UTF_8), 9)), found, counts);
            }
        }
        return found;
    }

    private static void group(Record group, List<String> found, long[] counts) throws Refused {
        byte[] pack = bytes(group.text("pack"));
        byte[] regexes = bytes(group.text("regexes"));
        Matcher matcher = new Matcher(Pack.read(pack, regexes, bytes(group.text("letters"))));
        List<?> events = group.list("events");
        counts[0] += matcher.size();
        counts[1] += events.size();
        for (int i = 0; i < events.size(); i++) {
            Object expected = group.list("expected").get(i);
            byte[] event = bytes(Record.text(events.get(i)));
            TreeSet<String> got = matches(matcher, event);
            TreeSet<String> wanted = expected == null ? null : texts((List<?>) expected);
            counts[2] += got == null ? 0 : got.size();
            if (wanted == null ? got != null : !wanted.equals(got)) {
                String text = new String(event, StandardCharsets.UTF_8);
found.add("missing " + less(wanted, got) + ", too many " + less(got, wanted) + ": " + text);
            }
        }
    }

    private static TreeSet<String> less(TreeSet<String> some, TreeSet<String> others) {
        TreeSet<String> made = new TreeSet<>(some == null ? new TreeSet<>() : some);
        made.removeAll(others == null ? new TreeSet<>() : others);
        return made;
    }

    private static TreeSet<String> texts(List<?> ids) {
        TreeSet<String> made = new TreeSet<>();
        ids.forEach(id -> made.add((String) id));
        return made;
    }

    private static TreeSet<String> matches(Matcher matcher, byte[] event) {
        TreeSet<String> made = new TreeSet<>();
        try {
            int count = matcher.match(event);
            for (int i = 0; i < count; i++) {
                made.add(matcher.id(i));
            }
        } catch (Refused no) {
            return null;
        }
        for (Map.Entry<String, String> each : matcher.failures().entrySet()) {
            made.add(each.getKey() + ": " + each.getValue());
        }
        return made;
    }

    private static byte[] bytes(String text) {
        return Base64.getDecoder().decode(text);
    }
}
