package io.tocsin.match;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HexFormat;

/** Packs for tests. */
final class Packs {
    private Packs() {}

    /** A pack of one detection with these leaves and this condition, both as JSON. */
    static byte[] one(String leaves, String condition) throws Exception {
        return of(part("d", leaves, condition));
    }

    /** A pack of these parts. */
    static byte[] of(String... parts) throws Exception {
        StringBuilder digests = new StringBuilder();
        for (String part : parts) {
            digests.append(digest(part)).append('\n');
        }
        String head =
                "{\"digest\":\"" + digest(digests.toString()) + "\",\"form\":2,\"parts\":"
                        + parts.length + ",\"source\":\"s\"}\n";
        return (head + String.join("\n", parts) + "\n").getBytes(StandardCharsets.UTF_8);
    }

    static String part(String detection, String leaves, String condition) {
        return "{\"detection\":\"" + detection + "\",\"expr\":" + condition
                + ",\"form\":2,\"id\":[],\"leaves\":" + leaves
                + ",\"logic\":\"l\",\"paths\":{},\"source\":\"s\",\"time\":\"t\","
                + "\"topic\":\"\",\"unit\":\"\",\"where\":true}";
    }

    static Matcher matcher(String leaves, String condition, String regexes) throws Exception {
        return new Matcher(Pack.read(one(leaves, condition), bytes(regexes), bytes("[[65,97]]")));
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String digest(String text) throws Exception {
        byte[] made = MessageDigest.getInstance("SHA-256").digest(bytes(text));
        return HexFormat.of().formatHex(made);
    }
}
