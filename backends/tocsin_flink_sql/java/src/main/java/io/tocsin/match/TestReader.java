package io.tocsin.match;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Makes tests of what a statement says: a kind and a value, both texts.
 *
 * <p>`equals`, `startswith`, `endswith`, `contains` have a literal, `like` a pattern of `*`, `?` and
 * literals, in which a backslash takes the next character as it is; `|any` makes it a JSON list of
 * them, `|cased` compares letters as they are (else literals are folded already). `regex` has a
 * pattern of the compiler, `cidr` a network, `compare` and `time` the list of a pack's leaf.
 */
final class TestReader {
    private static final BigInteger MANY = BigInteger.ZERO;
    private static final BigInteger ONE = BigInteger.ONE;

    private int made;

    Asked asked(String kind, String value) {
        try {
            return new Asked(++made, test(kind, value));
        } catch (Refused no) {
            throw new IllegalArgumentException(kind + " of a statement: " + no.getMessage());
        }
    }

    private static Test test(String kind, String value) throws Refused {
        return switch (kind) {
            // No bound on the work: it grows with the text, and a statement has no way to tell.
            case "regex" -> new Search(new Program(Expression.read(value)), Long.MAX_VALUE);
            case "cidr" -> new Network(value);
            case "compare", "time" -> leaf(kind, value);
            default -> texts(kind, value);
        };
    }

    private static Test leaf(String kind, String value) throws Refused {
        List<Object> code = new ArrayList<>();
        code.add(kind);
        code.add(null);
        code.addAll(list(value));
        return LeafReader.test(kind, code);
    }

    private static Test texts(String kind, String value) throws Refused {
        List<String> words = List.of(kind.split("\\|"));
        boolean cased = words.contains("cased");
        if (!words.contains("any")) {
            return one(words.get(0), value, cased);
        }
        List<Test> tests = new ArrayList<>();
        Set<String> whole = new HashSet<>();
        for (Object each : list(value)) {
            if (words.get(0).equals("equals")) {
                whole.add(Record.text(each));
            } else {
                tests.add(one(words.get(0), Record.text(each), cased));
            }
        }
        return tests.isEmpty() ? new Listed(whole, cased) : new AnyOf(tests.toArray(Test[]::new));
    }

    private static Test one(String shape, String value, boolean cased) throws Refused {
        List<Object> pattern =
                switch (shape) {
                    case "equals" -> value.isEmpty() ? List.of() : List.of(value);
                    case "startswith" -> List.of(value, MANY);
                    case "endswith" -> List.of(MANY, value);
                    case "contains" -> List.of(MANY, value, MANY);
                    case "like" -> pattern(value);
                    default -> throw new Refused("unknown");
                };
        return new Glob(pattern, cased);
    }

    private static List<Object> pattern(String value) {
        List<Object> parts = new ArrayList<>();
        StringBuilder literal = new StringBuilder();
        for (int i = 0; i < value.length(); i++) {
            char next = value.charAt(i);
            if (next == '*' || next == '?') {
                flush(literal, parts);
                parts.add(next == '*' ? MANY : ONE);
            } else {
                boolean escapes = next == '\\' && i + 1 < value.length();
                literal.append(escapes ? value.charAt(++i) : next);
            }
        }
        flush(literal, parts);
        return parts;
    }

    private static void flush(StringBuilder literal, List<Object> parts) {
        if (literal.length() > 0) {
            parts.add(literal.toString());
            literal.setLength(0);
        }
    }

    private static List<?> list(String json) throws Refused {
        return Record.list(Json.parseOwn(json.getBytes(StandardCharsets.UTF_8)));
    }

    /** The text is one of these. */
    private record Listed(Set<String> texts, boolean cased) implements Test {
        @Override
        public boolean passes(Value value) {
            return texts.contains(cased ? value.text : value.folded);
        }
    }
}
