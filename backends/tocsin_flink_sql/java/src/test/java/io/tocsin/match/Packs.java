package io.tocsin.match;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HexFormat;

/** Packs for tests. */
final class Packs {
    private Packs() {}

    /** A pack of one detection with these leaves and this condition, both as JSON. */
    static byte[] of(String leaves, String condition) throws Exception {
        String line =
                "{\"detection\":\"d\",\"expr\":" + condition + ",\"form\":1,\"id\":\"\",\"leaves\":"
                        + leaves + ",\"logic\":\"l\",\"paths\":{},\"source\":\"s\",\"time\":\"t\","
                        + "\"topic\":\"\",\"where\":true}";
        String digest = digest(digest(line) + "\n");
        return ("{\"digest\":\"" + digest + "\",\"form\":1,\"parts\":1,\"source\":\"s\"}\n" + line + "\n")
                .getBytes(StandardCharsets.UTF_8);
    }

    static Matcher matcher(String leaves, String condition, String regexes) throws Exception {
        return new Matcher(Pack.read(of(leaves, condition), bytes(regexes), bytes("[[65,97]]")));
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String digest(String text) throws Exception {
        byte[] made = MessageDigest.getInstance("SHA-256").digest(bytes(text));
        return HexFormat.of().formatHex(made);
    }
}
