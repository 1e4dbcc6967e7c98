package io.tocsin.match;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.time.temporal.IsoFields;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The text is a time one part of which, in UTC, lies from the first to the last. */
record Moment(String unit, int first, int last) implements Test {
    private static final Pattern TIME =
            Pattern.compile(
                    "([0-9]{4})-([0-9]{2})-([0-9]{2})(?:[T ]([0-9]{2}):([0-9]{2})"
                            + "(?::([0-9]{2})(?:\\.([0-9]++))?)?"
                            + "(?:(Z)|([+-])([0-9]{2})(?::?([0-5][0-9]))?)?)?");
    private static final DateTimeFormatter ISO =
            DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSS'Z'");
    private static final int LAST_YEAR = 9999;

    @Override
    public boolean passes(Value text) {
        LocalDateTime time = of(text.text);
        if (time == null) {
            return false;
        }
        int part = part(time);
        return first <= part && part <= last;
    }

    @Override
    public boolean expensive() {
        return true;
    }

    private int part(LocalDateTime time) {
        return switch (unit) {
            case "minute" -> time.getMinute();
            case "hour" -> time.getHour();
            case "day" -> time.getDayOfMonth();
            case "week" -> time.get(IsoFields.WEEK_OF_WEEK_BASED_YEAR);
            case "month" -> time.getMonthValue();
            default -> time.getYear();
        };
    }

    /** `2026-01-01T00:00:00.000Z`; null for null. */
    static String iso(LocalDateTime time) {
        return time == null ? null : time.format(ISO);
    }

    /** Whether the year is from 1 to 9999. */
    static boolean inYears(LocalDateTime time) {
        return time.getYear() >= 1 && time.getYear() <= LAST_YEAR;
    }

    /** The moment in UTC, cut to the millisecond; no zone means UTC. */
    static LocalDateTime of(String text) {
        Matcher found = TIME.matcher(text);
        if (!found.matches()) {
            return null;
        }
        try {
            String millis = (found.group(7) == null ? "" : found.group(7)) + "000";
            LocalDateTime local =
                    LocalDateTime.of(
                            number(found, 1),
                            number(found, 2),
                            number(found, 3),
                            number(found, 4),
                            number(found, 5),
                            number(found, 6),
                            Integer.parseInt(millis.substring(0, 3)) * 1_000_000);
            if (number(found, 1) < 1 || number(found, 10) > 23) {
                return null;
            }
            Duration east = Duration.ofMinutes(number(found, 10) * 60L + number(found, 11));
            LocalDateTime utc = "-".equals(found.group(9)) ? local.plus(east) : local.minus(east);
            return inYears(utc) ? utc : null;
        } catch (DateTimeException no) {
            return null;
        }
    }

    private static int number(Matcher found, int group) {
        return found.group(group) == null ? 0 : Integer.parseInt(found.group(group));
    }
}
