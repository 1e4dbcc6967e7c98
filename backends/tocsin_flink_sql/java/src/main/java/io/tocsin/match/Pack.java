package io.tocsin.match;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;

/**
 * All stateless detections of a source, as the compiler's `tocsin.pack` writes them: a line that
 * tells what follows, then one line of JSON a detection.
 */
public final class Pack {
    static final int FORM = 2;

    final String source;
    final List<Detection> detections;
    final Fields fields;
    final List<Atom> atoms;

    private Pack(String source, List<Detection> detections, Fields fields, List<Atom> atoms) {
        this.source = source;
        this.detections = detections;
        this.fields = fields;
        this.atoms = atoms;
    }

    /**
     * The pack in a file's bytes.
     *
     * @param regexes Java's patterns by `flags:pattern` of RE2, as JSON
     * @param letters pairs of letters and their lower case, as JSON
     * @throws Refused saying what is wrong with them
     */
    public static Pack read(byte[] file, byte[] regexes, byte[] letters) throws Refused {
        int first = 0;
        while (first < file.length && file[first] != '\n') {
            first++;
        }
        Record header = header(Arrays.copyOf(file, first));
        byte[] body = Arrays.copyOfRange(file, Math.min(first + 1, file.length), file.length);
        List<byte[]> lines = lines(body);
        if (!digestOf(lines).equals(header.text("digest"))) {
            throw new Refused("the pack's digest is not that of its detections");
        }
        Fold fold = new Fold(Record.list(Json.parseOwn(letters)));
        PartReader reader = new PartReader(fold, Record.of(Json.parseOwn(regexes)));
        List<Detection> made = new ArrayList<>();
        Set<String> ids = new HashSet<>();
        for (byte[] line : lines) {
            try {
                Detection next = reader.detection(Record.of(Json.parseOwn(line)));
                if (!next.source().equals(header.text("source")) || !ids.add(next.id())) {
                    throw new Refused(next.id() + " is there twice, or of another source");
                }
                made.add(next);
            } catch (Refused no) {
                throw new Refused("line " + (made.size() + 2) + ": " + no.getMessage());
            }
        }
        if (made.size() != header.number("parts")) {
            throw new Refused("the pack does not have as many detections as it says");
        }
        return new Pack(header.text("source"), made, reader.fields, reader.atoms());
    }

    private static Record header(byte[] line) throws Refused {
        Record header;
        try {
            header = Record.of(Json.parseOwn(line));
            header.text("digest");
        } catch (Refused no) {
            throw new Refused("not a pack: " + no.getMessage());
        }
        if (header.number("form") != FORM) {
            throw new Refused(
                    "form " + header.number("form") + " of packs is not known here, only " + FORM);
        }
        return header;
    }

    private static List<byte[]> lines(byte[] body) throws Refused {
        List<byte[]> made = new ArrayList<>();
        int from = 0;
        for (int i = 0; i < body.length; i++) {
            if (body[i] == '\n') {
                made.add(Arrays.copyOfRange(body, from, i));
                from = i + 1;
            }
        }
        if (from < body.length) {
            throw new Refused("the pack's last line is cut off");
        }
        return made;
    }

    /** The digest of the list of the lines' digests. */
    private static String digestOf(List<byte[]> lines) {
        StringBuilder digests = new StringBuilder();
        lines.forEach(line -> digests.append(digest(line)).append('\n'));
        return digest(digests.toString().getBytes(StandardCharsets.UTF_8));
    }

    static String digest(byte[] data) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(data));
        } catch (NoSuchAlgorithmException never) {
            throw new IllegalStateException(never);
        }
    }

    /** An empty pack, that of a source without detections. */
    static byte[] empty(String source) {
        String header =
                "{\"digest\":\"" + digest(new byte[0]) + "\",\"form\":2,\"parts\":0,\"source\":\"";
        return (header + source + "\"}\n").getBytes(StandardCharsets.UTF_8);
    }
}
