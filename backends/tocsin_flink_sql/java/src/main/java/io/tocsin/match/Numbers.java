package io.tocsin.match;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.math.RoundingMode;

/** Canonical texts of numbers, and the numbers that texts are. */
final class Numbers {
    private static final BigInteger LEAST = BigInteger.valueOf(Long.MIN_VALUE);
    private static final BigInteger MOST = BigInteger.ONE.shiftLeft(64).subtract(BigInteger.ONE);
    private static final int EXACT_DIGITS = 15;
    private static final int ENOUGH_DIGITS = 17;

    private Numbers() {}

    /** The text form of a JSON number: exact for 64 bits, else of the double; null if infinite. */
    static String canonical(String number, boolean integer) {
        if (integer && number.length() <= 18) {
            return number.equals("-0") ? "0" : number;
        }
        if (integer) {
            BigInteger value = new BigInteger(number);
            if (isExact(value)) {
                return value.toString();
            }
        }
        double value = Double.parseDouble(number);
        return Double.isInfinite(value) ? null : text(value);
    }

    /** `5.0` is `5`; no exponent below 1e21; beyond, as Python writes it: `1e+21`. */
    static String text(double value) {
        if (value == 0) {
            return "0";
        }
        BigDecimal shortest = shortest(value).stripTrailingZeros();
        return Math.abs(value) < 1e21 ? shortest.toPlainString() : scientific(shortest);
    }

    /** As Python writes a double in JSON: `5.0`, `1e-05`, `1e+16`. */
    static String python(double value) {
        if (value == 0) {
            return 1 / value < 0 ? "-0.0" : "0.0";
        }
        BigDecimal shortest = shortest(value).stripTrailingZeros();
        int exponent = shortest.precision() - shortest.scale() - 1;
        if (exponent < -4 || exponent >= 16) {
            return scientific(shortest);
        }
        String plain = shortest.toPlainString();
        return plain.indexOf('.') < 0 ? plain + ".0" : plain;
    }

    /** As Python writes an integer in JSON once it was read: of 64 bits, or a double. */
    static String wholePython(BigInteger value) {
        return isExact(value) ? value.toString() : python(value.doubleValue());
    }

    private static String scientific(BigDecimal value) {
        String digits = value.unscaledValue().abs().toString();
        int exponent = digits.length() - 1 - value.scale();
        String fraction = digits.length() > 1 ? "." + digits.substring(1) : "";
        String size = Math.abs(exponent) < 10 ? "0" + Math.abs(exponent) : "" + Math.abs(exponent);
        String sign = value.signum() < 0 ? "-" : "";
        return sign + digits.charAt(0) + fraction + (exponent < 0 ? "e-" : "e+") + size;
    }

    /** The decimal with the fewest digits that is read as this double; the closest of them. */
    private static BigDecimal shortest(double value) {
        BigDecimal exact = new BigDecimal(value);
        boolean normal = Math.abs(value) >= Double.MIN_NORMAL;
        for (int digits = normal ? EXACT_DIGITS : 1; digits < ENOUGH_DIGITS; digits++) {
            BigDecimal found = best(exact, value, digits);
            if (found != null) {
                return found;
            }
        }
        return exact.round(new MathContext(ENOUGH_DIGITS, RoundingMode.HALF_EVEN));
    }

    private static BigDecimal best(BigDecimal exact, double value, int digits) {
        BigDecimal near = exact.round(new MathContext(digits, RoundingMode.HALF_EVEN));
        if (near.doubleValue() == value) {
            return near;
        }
        // Beside a power of two the doubles on one side are closer: the farther decimal may do.
        BigDecimal down = exact.round(new MathContext(digits, RoundingMode.DOWN));
        BigDecimal up = exact.round(new MathContext(digits, RoundingMode.UP));
        BigDecimal other = near.equals(down) ? up : down;
        return other.doubleValue() == value ? other : null;
    }

    /** Of 64 bits, signed or unsigned. */
    private static boolean isExact(BigInteger value) {
        return value.compareTo(LEAST) >= 0 && value.compareTo(MOST) <= 0;
    }

    /** A {@link Long}, {@link BigInteger} or {@link Double}, or null where the text is no finite number. */
    static Number parse(String text) {
        int whole = digits(text, text.startsWith("-") ? 1 : 0);
        if (whole < 0) {
            return null;
        }
        if (whole == text.length()) {
            return integer(text);
        }
        int at = whole;
        if (text.charAt(at) == '.') {
            at = digits(text, at + 1);
        }
        if (at > 0 && at < text.length() && text.charAt(at) == 'e') {
            boolean signed = at + 1 < text.length() && "+-".indexOf(text.charAt(at + 1)) >= 0;
            at = digits(text, at + (signed ? 2 : 1));
        }
        return at == text.length() ? finite(text) : null;
    }

    private static Number integer(String text) {
        if (text.length() <= 18) {
            return Long.parseLong(text);
        }
        if (text.length() <= 20) {
            BigInteger value = new BigInteger(text);
            if (isExact(value)) {
                return value;
            }
        }
        return finite(text);
    }

    private static Double finite(String text) {
        double value = Double.parseDouble(text);
        return Double.isInfinite(value) ? null : (Double) value;
    }

    /** The end of a run of digits that begins here; -1 if there is none. */
    private static int digits(String text, int from) {
        int at = from;
        while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
            at++;
        }
        return at == from ? -1 : at;
    }
}
