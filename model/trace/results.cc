/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "results.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <ostream>
#include <sstream>
#include <stdexcept>

namespace ns3
{
namespace offload
{

namespace
{

using Json = nlohmann::ordered_json;

/** Rows printed for a person; the rest is in the files. */
constexpr std::size_t TABLE_ROWS = 48;
/** Blanks between the columns of the table. */
constexpr const char* TABLE_GAP = "  ";
/** Digits of the largest number of a column of the table. */
constexpr int SIGNIFICANT_DIGITS = 4;
/** Digits that the smallest number of a column keeps, if MAX_DECIMALS allow. */
constexpr int LEAST_DIGITS = 3;
/** Decimals of a column of the table at most. */
constexpr int MAX_DECIMALS = 6;
/** Numbers from here on are printed with an exponent in the table. */
constexpr double EXPONENT_FROM = 1e9;

Json
ToJson(const ResultValue& value)
{
    return std::visit(
        [](const auto& v) {
            if constexpr (std::is_same_v<std::decay_t<decltype(v)>, std::monostate>)
            {
                return Json(nullptr);
            }
            else
            {
                return Json(v);
            }
        },
        value);
}

ResultValue
DropNonFinite(ResultValue value)
{
    const auto* number = std::get_if<double>(&value);
    return number && !std::isfinite(*number) ? ResultValue() : value;
}

std::string
QuoteCsv(const std::string& text)
{
    if (text.find_first_of(",\"\r\n") == std::string::npos)
    {
        return text;
    }
    std::string quoted = "\"";
    for (const char c : text)
    {
        quoted += c;
        if (c == '"')
        {
            quoted += c;
        }
    }
    return quoted + '"';
}

/** Columns that a text takes on a terminal: UTF-8 continuation bytes take none. */
std::size_t
GetWidth(const std::string& text)
{
    return std::count_if(text.begin(), text.end(), [](unsigned char c) {
        return (c & 0xc0) != 0x80;
    });
}

/** The power of ten of the leading digit. */
int
GetExponent(double value)
{
    return static_cast<int>(std::floor(std::log10(value)));
}

/** Decimals with which all numbers of a column are printed, so that the points align; none where
 * all are whole. */
int
ChooseDecimals(const std::vector<std::vector<ResultValue>>& rows, std::size_t column)
{
    double least = std::numeric_limits<double>::max();
    double greatest = 0;
    bool isWhole = true;
    for (const auto& row : rows)
    {
        const auto* number = std::get_if<double>(&row[column]);
        if (number && *number != 0)
        {
            least = std::min(least, std::fabs(*number));
            greatest = std::max(greatest, std::fabs(*number));
            isWhole = isWhole && *number == std::trunc(*number);
        }
    }
    if (isWhole)
    {
        return 0;
    }
    const int wanted = std::max(SIGNIFICANT_DIGITS - 1 - GetExponent(greatest),
                                LEAST_DIGITS - 1 - GetExponent(least));
    return std::clamp(wanted, 0, MAX_DECIMALS);
}

std::string
FormatForTable(const ResultValue& value, int decimals)
{
    if (std::holds_alternative<std::monostate>(value))
    {
        return "-";
    }
    const auto* number = std::get_if<double>(&value);
    if (!number)
    {
        return ToString(value);
    }
    const double size = std::fabs(*number);
    const bool isPlain =
        size == 0 || (size < EXPONENT_FROM && size >= std::pow(10.0, -MAX_DECIMALS));
    char text[64];
    if (isPlain)
    {
        std::snprintf(text, sizeof(text), "%.*f", decimals, *number);
    }
    else
    {
        std::snprintf(text, sizeof(text), "%.*e", SIGNIFICANT_DIGITS - 1, *number);
    }
    return text;
}

/** Write a file whole: under another name first. */
template <typename Writer>
void
ReplaceFile(const std::filesystem::path& path, Writer&& write)
{
    const std::filesystem::path partial = path.string() + ".part";
    std::ofstream file(partial, std::ios::binary);
    write(file);
    file.close();
    std::error_code error;
    if (file)
    {
        std::filesystem::rename(partial, path, error);
    }
    if (!file || error)
    {
        std::error_code ignored;
        std::filesystem::remove(partial, ignored);
        throw std::runtime_error("cannot write " + path.string());
    }
}

} // namespace

std::string
ToString(const ResultValue& value)
{
    if (const auto* text = std::get_if<std::string>(&value))
    {
        return *text;
    }
    return std::holds_alternative<std::monostate>(value) ? std::string() : ToJson(value).dump();
}

std::string
ToPlainText(const ResultValue& value)
{
    std::string text = ToString(value);
    const std::size_t length = text.size();
    if (std::holds_alternative<double>(value) && length > 2 && text.substr(length - 2) == ".0")
    {
        text.erase(length - 2);
    }
    return text;
}

std::string
DescribeName(const ResultColumn& column)
{
    std::string name = column.name;
    const std::size_t last = name.rfind('_');
    if (!column.unit.empty() && last != std::string::npos)
    {
        name.erase(last);
    }
    std::replace(name.begin(), name.end(), '_', ' ');
    return name;
}

std::string
DescribeValue(const ResultColumn& column, const ResultValue& value)
{
    if (std::holds_alternative<std::string>(value))
    {
        return ToString(value);
    }
    const std::string text = DescribeName(column) + " " + ToPlainText(value);
    return column.unit.empty() ? text : text + " " + column.unit;
}

Results::Row::Row(Results* results, std::size_t row)
    : m_results(results),
      m_row(row)
{
}

Results::Results(std::string scenario)
    : m_scenario(std::move(scenario))
{
}

void
Results::SetParameter(const std::string& name, ResultValue value)
{
    SetParameter(Parameter{name, {DropNonFinite(std::move(value))}, false});
}

void
Results::SetParameter(const std::string& name, std::vector<ResultValue> values)
{
    std::transform(values.begin(), values.end(), values.begin(), DropNonFinite);
    SetParameter(Parameter{name, std::move(values), true});
}

void
Results::SetParameter(Parameter parameter)
{
    const auto same = std::find_if(m_parameters.begin(), m_parameters.end(), [&](const auto& p) {
        return p.name == parameter.name;
    });
    if (same == m_parameters.end())
    {
        m_parameters.push_back(std::move(parameter));
    }
    else
    {
        *same = std::move(parameter);
    }
}

Results&
Results::AddColumn(const std::string& name, const std::string& unit)
{
    return AddColumn(ResultColumn{name, unit, false});
}

Results&
Results::AddInputColumn(const std::string& name, const std::string& unit)
{
    return AddColumn(ResultColumn{name, unit, true});
}

Results&
Results::AddColumn(ResultColumn column)
{
    const bool isKnown = std::any_of(m_columns.begin(), m_columns.end(), [&](const auto& c) {
        return c.name == column.name;
    });
    if (isKnown || !m_rows.empty())
    {
        throw std::logic_error("column " + column.name +
                               (isKnown ? " exists already" : " added after the first row"));
    }
    m_columns.push_back(std::move(column));
    return *this;
}

Results::Row
Results::AddRow()
{
    m_rows.emplace_back(m_columns.size());
    return Row(this, m_rows.size() - 1);
}

void
Results::SetCell(std::size_t row, const std::string& column, ResultValue value)
{
    m_rows.at(row)[GetIndex(column)] = DropNonFinite(std::move(value));
}

std::size_t
Results::GetIndex(const std::string& column) const
{
    const auto found = std::find_if(m_columns.begin(), m_columns.end(), [&](const auto& c) {
        return c.name == column;
    });
    if (found == m_columns.end())
    {
        throw std::logic_error("no column " + column + " in the results of " + m_scenario);
    }
    return found - m_columns.begin();
}

const std::string&
Results::GetScenario() const
{
    return m_scenario;
}

const std::vector<ResultColumn>&
Results::GetColumns() const
{
    return m_columns;
}

std::size_t
Results::GetRowCount() const
{
    return m_rows.size();
}

const ResultValue&
Results::Get(std::size_t row, const std::string& column) const
{
    return m_rows.at(row)[GetIndex(column)];
}

double
Results::GetNumber(std::size_t row, const std::string& column) const
{
    const ResultValue& value = Get(row, column);
    if (const auto* integer = std::get_if<int64_t>(&value))
    {
        return static_cast<double>(*integer);
    }
    const auto* number = std::get_if<double>(&value);
    return number ? *number : std::numeric_limits<double>::quiet_NaN();
}

const ResultColumn&
Results::GetColumn(const std::string& name) const
{
    return m_columns[GetIndex(name)];
}

void
Results::WriteJson(std::ostream& os) const
{
    Json parameters = Json::object();
    for (const auto& parameter : m_parameters)
    {
        if (!parameter.isList)
        {
            parameters[parameter.name] = ToJson(parameter.values.front());
            continue;
        }
        Json list = Json::array();
        for (const auto& value : parameter.values)
        {
            list.push_back(ToJson(value));
        }
        parameters[parameter.name] = std::move(list);
    }
    Json columns = Json::object();
    for (const auto& column : m_columns)
    {
        columns[column.name] = column.unit;
    }

    // One row a line: a person can read it, and a difference of two runs shows the rows.
    os << "{\n\"scenario\": " << Json(m_scenario).dump()
       << ",\n\"parameters\": " << parameters.dump() << ",\n\"columns\": " << columns.dump()
       << ",\n\"rows\": [";
    const char* separator = "\n";
    for (const auto& cells : m_rows)
    {
        Json row = Json::object();
        for (std::size_t i = 0; i < m_columns.size(); ++i)
        {
            row[m_columns[i].name] = ToJson(cells[i]);
        }
        os << separator << row.dump();
        separator = ",\n";
    }
    os << "\n]\n}\n";
}

void
Results::WriteCsv(std::ostream& os) const
{
    const char* separator = "";
    for (const auto& column : m_columns)
    {
        os << separator << QuoteCsv(column.name);
        separator = ",";
    }
    os << '\n';
    for (const auto& cells : m_rows)
    {
        separator = "";
        for (const auto& cell : cells)
        {
            os << separator << QuoteCsv(ToString(cell));
            separator = ",";
        }
        os << '\n';
    }
}

void
Results::PrintTable(std::ostream& os) const
{
    const std::size_t shown = std::min(m_rows.size(), TABLE_ROWS);
    std::vector<std::vector<std::string>> lines(shown + 2);
    for (std::size_t column = 0; column < m_columns.size(); ++column)
    {
        lines[0].push_back(m_columns[column].name);
        lines[1].push_back(m_columns[column].unit);
        const int decimals = ChooseDecimals(m_rows, column);
        bool isText = false;
        for (std::size_t row = 0; row < shown; ++row)
        {
            const ResultValue& value = m_rows[row][column];
            isText = isText || std::holds_alternative<std::string>(value);
            lines[row + 2].push_back(FormatForTable(value, decimals));
        }
        std::size_t width = 0;
        for (const auto& line : lines)
        {
            width = std::max(width, GetWidth(line[column]));
        }
        for (auto& line : lines)
        {
            std::string& text = line[column];
            text.insert(isText ? text.size() : 0, width - GetWidth(text), ' ');
        }
    }
    for (const auto& line : lines)
    {
        std::string text;
        for (const auto& cell : line)
        {
            text += (text.empty() ? "" : TABLE_GAP) + cell;
        }
        text.erase(text.find_last_not_of(' ') + 1);
        // No line of units when no column has one.
        if (!text.empty() || &line != &lines[1])
        {
            os << text << '\n';
        }
    }
    if (shown < m_rows.size())
    {
        os << "... and " << m_rows.size() - shown << " more rows in results.csv\n";
    }
}

void
Results::Write(const std::string& directory) const
{
    const std::filesystem::path path(directory);
    ReplaceFile(path / "results.json", [this](std::ostream& os) { WriteJson(os); });
    ReplaceFile(path / "results.csv", [this](std::ostream& os) { WriteCsv(os); });
}

} // namespace offload
} // namespace ns3
