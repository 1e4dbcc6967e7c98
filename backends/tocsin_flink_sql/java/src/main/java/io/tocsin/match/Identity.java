package io.tocsin.match;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/** What identifies an event, the same text as the compiler's `tocsin.ir.identity` gives it. */
final class Identity {
    private static final Comparator<String> BY_CODE_POINTS = Identity::order;
    private static final int LONGEST = 1024;

    private Identity() {}

    /** By these fields; by all of the event where one has not just one text, or they are too long. */
    static String of(Event event, List<Field> fields) {
        List<String> parts = new ArrayList<>();
        for (Field field : fields) {
            String part = field.of(event).only();
            if (part == null) {
                return ofContent(event.document());
            }
            parts.add(part);
        }
        String made = joined(parts);
        boolean fits = made.codePointCount(0, made.length()) <= LONGEST;
        return fits && !parts.isEmpty() ? made : ofContent(event.document());
    }

    private static String joined(List<String> parts) {
        if (parts.size() == 1) {
            return parts.get(0);
        }
        StringBuilder made = new StringBuilder();
        for (String part : parts) {
            made.append(part.codePointCount(0, part.length())).append(':').append(part);
        }
        return made.toString();
    }

    private static String ofContent(byte[] event) {
        StringBuilder made = new StringBuilder();
        try {
            write(Json.parse(event, Event.DEEPEST), made);
        } catch (Refused never) {
            throw new IllegalStateException("read twice, refused once", never);
        }
        return "sha256:" + Pack.digest(made.toString().getBytes(StandardCharsets.UTF_8));
    }

    /** Canonical JSON: sorted keys, no blanks, numbers as Python writes them. */
    private static void write(Object value, StringBuilder to) {
        if (value instanceof Map<?, ?> map) {
            to.append('{');
            map.keySet().stream()
                    .map(String.class::cast)
                    .sorted(BY_CODE_POINTS)
                    .forEach(key -> member(key, map.get(key), to));
            to.append('}');
        } else if (value instanceof List<?> list) {
            to.append('[');
            for (Object each : list) {
                comma(to, '[');
                write(each, to);
            }
            to.append(']');
        } else if (value instanceof String text) {
            quote(text, to);
        } else {
            to.append(scalar(value));
        }
    }

    private static void member(String key, Object value, StringBuilder to) {
        comma(to, '{');
        quote(key, to);
        to.append(':');
        write(value, to);
    }

    private static void comma(StringBuilder to, char first) {
        if (to.charAt(to.length() - 1) != first) {
            to.append(',');
        }
    }

    private static String scalar(Object value) {
        if (value instanceof Double number) {
            return Numbers.python(number);
        }
        if (value instanceof BigInteger number) {
            return Numbers.wholePython(number);
        }
        return String.valueOf(value);
    }

    private static void quote(String text, StringBuilder to) {
        to.append('"');
        for (int i = 0; i < text.length(); i++) {
            char next = text.charAt(i);
            switch (next) {
                case '"' -> to.append("\\\"");
                case '\\' -> to.append("\\\\");
                case '\n' -> to.append("\\n");
                case '\r' -> to.append("\\r");
                case '\t' -> to.append("\\t");
                case '\f' -> to.append("\\f");
                case '\b' -> to.append("\\b");
                default -> {
                    if (next < ' ') {
                        to.append(String.format("\\u%04x", (int) next));
                    } else {
                        to.append(next);
                    }
                }
            }
        }
        to.append('"');
    }

    /** Java compares halves of pairs, Python whole characters. */
    private static int order(String one, String other) {
        int length = Math.min(one.length(), other.length());
        for (int i = 0; i < length; i++) {
            char a = one.charAt(i);
            char b = other.charAt(i);
            if (a != b) {
                boolean pairs = Character.isSurrogate(a) != Character.isSurrogate(b);
                return pairs ? (Character.isSurrogate(a) ? 1 : -1) : a - b;
            }
        }
        return one.length() - other.length();
    }
}
