/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_RESULTS_H
#define OFFLOAD_RESULTS_H

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace ns3
{
namespace offload
{

/** One value of a result or a parameter; std::monostate says "does not apply". */
using ResultValue = std::variant<std::monostate, bool, int64_t, double, std::string>;

/**
 * Wrap a C++ value.
 * @tparam T \deduced bool, an integer, a floating-point number or something that makes a string
 * @param value the value
 * @return the wrapped value
 */
template <typename T>
ResultValue
MakeResultValue(T&& value)
{
    using Plain = std::decay_t<T>;
    if constexpr (std::is_same_v<Plain, ResultValue> || std::is_same_v<Plain, bool> ||
                  std::is_same_v<Plain, std::monostate>)
    {
        return ResultValue(std::forward<T>(value));
    }
    else if constexpr (std::is_integral_v<Plain>)
    {
        return ResultValue(static_cast<int64_t>(value));
    }
    else if constexpr (std::is_floating_point_v<Plain>)
    {
        return ResultValue(static_cast<double>(value));
    }
    else
    {
        return ResultValue(std::string(std::forward<T>(value)));
    }
}

/** @return the value as the shortest text that reads back as the same value; "" if none */
std::string ToString(const ResultValue& value);
/** @return the same as a person would write it: 400 for 400.0 */
std::string ToPlainText(const ResultValue& value);

/** A column of a table of results. */
struct ResultColumn
{
    std::string name;    //!< in snake case, with the unit as its last part: rtt_min_us
    std::string unit;    //!< for people; empty for names and plain counts
    bool isInput{false}; //!< set by an option of the same name in kebab case
};

/**
 * Say a value with its meaning, for legends and messages.
 * @param column what the value is of
 * @param value the value
 * @return "spin-l1" for a name, "payload 64 B" for payload_bytes, "packets 10" without unit
 */
std::string DescribeValue(const ResultColumn& column, const ResultValue& value);
/**
 * @param column a column
 * @return its name in words, without the unit: "link rate" for link_rate_gbps
 */
std::string DescribeName(const ResultColumn& column);

/**
 * The table of a run: rows of typed values under columns with units, written as results.json and
 * results.csv and printed for a person.
 *
 * The same rows give the same bytes: keys keep their order and doubles are printed in the shortest
 * form that reads back as the same number.
 */
class Results
{
  public:
    /** A row being filled in; valid as long as the table. */
    class Row
    {
      public:
        /**
         * Set one value.
         * @param column the column's name; an unknown one is a std::logic_error
         * @param value the value; a NaN or infinity is kept as "does not apply"
         * @return this row, for the next Set
         */
        template <typename T>
        Row& Set(const std::string& column, T&& value)
        {
            m_results->SetCell(m_row, column, MakeResultValue(std::forward<T>(value)));
            return *this;
        }

      private:
        friend class Results;
        Row(Results* results, std::size_t row);

        Results* m_results; //!< the table
        std::size_t m_row;  //!< the row's index
    };

    /** @param scenario the name that results.json carries */
    explicit Results(std::string scenario);

    /**
     * Record a parameter of the run; parameters keep the order in which they were set.
     * @param name the name
     * @param value its value
     */
    void SetParameter(const std::string& name, ResultValue value);
    /**
     * Record a parameter that is a list.
     * @param name the name
     * @param values its values
     */
    void SetParameter(const std::string& name, std::vector<ResultValue> values);

    /**
     * Append a column. Columns come before the first row.
     * @param name the name in snake case, the unit as its last part
     * @param unit the unit for people, empty for none
     * @return this table, for the next column
     */
    Results& AddColumn(const std::string& name, const std::string& unit);
    /**
     * Append a column that an option of the same name sets.
     * @param name the name in snake case
     * @param unit the unit for people, empty for none
     * @return this table, for the next column
     */
    Results& AddInputColumn(const std::string& name, const std::string& unit);

    /** @return a new row at the end whose values are all "does not apply" */
    Row AddRow();

    /** @return the scenario's name */
    const std::string& GetScenario() const;
    /** @return the columns in their order */
    const std::vector<ResultColumn>& GetColumns() const;
    /** @return the number of rows */
    std::size_t GetRowCount() const;
    /**
     * @param row a row's index
     * @param column a column's name
     * @return the value
     */
    const ResultValue& Get(std::size_t row, const std::string& column) const;
    /**
     * @param row a row's index
     * @param column a column's name
     * @return the value as a number, NaN if it is none
     */
    double GetNumber(std::size_t row, const std::string& column) const;
    /**
     * @param name a column's name; an unknown one is a std::logic_error
     * @return the column
     */
    const ResultColumn& GetColumn(const std::string& name) const;

    /**
     * Write the table as JSON, one row a line.
     * @param os where to
     */
    void WriteJson(std::ostream& os) const;
    /**
     * Write the rows as CSV (RFC 4180, but lines end in LF) under one line of column names.
     * @param os where to
     */
    void WriteCsv(std::ostream& os) const;
    /**
     * Print the rows for a person: aligned, units in the header, four significant digits.
     * @param os where to
     */
    void PrintTable(std::ostream& os) const;
    /**
     * Write results.json and results.csv; each file is replaced whole or not at all.
     * @param directory an existing directory; std::runtime_error if it cannot be written
     */
    void Write(const std::string& directory) const;

  private:
    /** A parameter's name and its values; one that is no list has exactly one. */
    struct Parameter
    {
        std::string name;                //!< the name
        std::vector<ResultValue> values; //!< the value or values
        bool isList;                     //!< printed as an array
    };

    /** Append a column after checking that it can be. */
    Results& AddColumn(ResultColumn column);
    /** Replace or append a parameter. */
    void SetParameter(Parameter parameter);
    /** Set one value of a row. */
    void SetCell(std::size_t row, const std::string& column, ResultValue value);
    /** @return the index of a column */
    std::size_t GetIndex(const std::string& column) const;

    std::string m_scenario;                       //!< the scenario's name
    std::vector<Parameter> m_parameters;          //!< in order of first setting
    std::vector<ResultColumn> m_columns;          //!< in order
    std::vector<std::vector<ResultValue>> m_rows; //!< values by column
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_RESULTS_H */
