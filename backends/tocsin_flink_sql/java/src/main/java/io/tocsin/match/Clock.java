package io.tocsin.match;

import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How the events of a source tell their time: ISO 8601 texts, or numbers of a unit since 1970.
 *
 * <p>What is finer than a millisecond is cut off, so that the moment never gets later.
 */
record Clock(Field field, String unit) {
    private static final Pattern NUMBER = Pattern.compile("(-?)([0-9]++)(?:\\.([0-9]++))?");

    /** Digits by which the decimal point moves to the right to make milliseconds. */
    private static final Map<String, Integer> SHIFT = Map.of("s", 3, "ms", 0, "us", -3, "ns", -6);

    /** The units that there are; the empty one is ISO 8601. */
    static final Set<String> UNITS = Set.of("", "s", "ms", "us", "ns");

    /** Digits before the decimal point: more are no moment in any unit. */
    private static final int LONGEST = 24;

    private static final int MOST_MILLIS = 18;

    /** The moment in UTC that the one text of the event's field names; null where it names none. */
    LocalDateTime of(Event event) {
        String text = field.of(event).only();
        return text == null ? null : of(text, unit);
    }

    /** The moment in UTC that a text names in a unit; null where it names none. */
    static LocalDateTime of(String text, String unit) {
        if (unit.isEmpty()) {
            return Moment.of(text);
        }
        Matcher found = NUMBER.matcher(text);
        String whole = found.matches() ? digits(found.group(2)) : null;
        if (whole == null) {
            return null;
        }
        String fraction = found.group(3) == null ? "" : found.group(3);
        int shift = SHIFT.get(unit);
        int point = Math.max(0, whole.length() + Math.min(0, shift));
        int taken = Math.min(fraction.length(), Math.max(0, shift));
        String kept = whole.substring(0, point) + fraction.substring(0, taken);
        kept += "0".repeat(Math.max(0, shift - taken));
        String rest = whole.substring(point) + fraction.substring(taken);
        return moment(kept, found.group(1).isEmpty() ? 0 : rest.matches("0*") ? -1 : -2);
    }

    /** The digits without zeros in front; null of too many. */
    private static String digits(String whole) {
        int first = 0;
        while (first < whole.length() && whole.charAt(first) == '0') {
            first++;
        }
        return whole.length() - first > LONGEST ? null : whole.substring(first);
    }

    /** `sign`: 0 for a moment after 1970; -1 before; -2 before, and a part of a millisecond more. */
    private static LocalDateTime moment(String digits, int sign) {
        if (digits.length() > MOST_MILLIS) {
            return null;
        }
        long millis = digits.isEmpty() ? 0 : Long.parseLong(digits);
        Instant instant = Instant.ofEpochMilli(sign == 0 ? millis : -millis - (sign == -2 ? 1 : 0));
        LocalDateTime made = LocalDateTime.ofInstant(instant, ZoneOffset.UTC);
        return Moment.inYears(made) ? made : null;
    }
}
